"""Convolution and pooling by their definitions, in NumPy, on a batch: zeros between entries, padding, then windows.

They share nothing with `verify.matrices`: no closed form of taps, no geometry, and arrays that are really padded.
"""

import itertools

import numpy as np


def convolved(images, kernel, *, strides, padding, dilation, input_dilation, groups, layout):
    """Convolve [batch, ...] in the layout, with the kernel of that layout."""
    last = layout is None or layout.endswith("C")
    if not last:
        images, kernel = np.moveaxis(images, 1, -1), np.moveaxis(kernel, (0, 1), (-1, -2))
    taps, features = kernel.shape[:-2], kernel.shape[-1]
    padded = expanded(images, taps, strides, padding, dilation, input_dilation)
    parts = []
    for inputs, weights in zip(np.split(padded, groups, -1), np.split(kernel, groups, -1), strict=True):
        windows = [entries @ weights[tap] for tap, entries in tapped(inputs, taps, strides, dilation)]
        parts.append(sum(windows[1:], windows[0]))
    outputs = np.concatenate(parts, axis=-1)
    assert outputs.shape[-1] == features
    return outputs if last else np.moveaxis(outputs, -1, 1)


def windowed(images, window, *, strides, padding, dilation, layout, fill):
    """The entries of every window, [batch, outputs..., channels, taps] with channels last; padding holds `fill`."""
    last = layout is None or layout.endswith("C")
    images = images if last else np.moveaxis(images, 1, -1)
    strides = window if strides is None else strides
    padded = expanded(images, window, strides, padding, dilation, [1] * len(window), fill)
    return np.stack([entries for _, entries in tapped(padded, window, strides, dilation)], axis=-1)


def expanded(images, taps, strides, padding, dilation, input_dilation, fill=0):
    """Put zeros between entries, then pad or crop every spatial axis."""
    for axis, (k, s, d, e) in enumerate(zip(taps, strides, dilation, input_dilation, strict=True), 1):
        extent, n = (k - 1) * d + 1, images.shape[axis]
        around = padding == "CIRCULAR"
        dilated = np.zeros([*images.shape[:axis], n * e if around else (n - 1) * e + 1, *images.shape[axis + 1 :]])
        dilated[(slice(None),) * axis + (slice(None, None, e),)] = images
        if padding == "VALID":
            low, high = 0, 0
        elif padding == "SAME":
            total = max((-(-n // s) - 1) * s + extent - n, 0)
            low, high = total // 2, total - total // 2
        else:
            low, high = ((extent - 1) // 2, extent // 2) if around else padding[axis - 1]
        length = dilated.shape[axis]
        positions = np.arange(-low, length + high)
        inside = (positions >= 0) & (positions < length)
        images = np.take(dilated, positions % length, axis=axis)
        if not around:
            images[(slice(None),) * axis + (~inside,)] = fill
    return images.astype(np.float32)


def tapped(padded, taps, strides, dilation):
    """Every tap, with the entry that it meets in every window."""
    for tap in itertools.product(*map(range, taps)):
        at = [slice(None)]
        for a, k, s, d, n in zip(tap, taps, strides, dilation, padded.shape[1:-1], strict=True):
            count = (n - (k - 1) * d - 1) // s + 1
            at.append(slice(a * d, a * d + (count - 1) * s + 1, s))
        yield tap, padded[tuple(at)]


def matrix_by_probing(fun, shape):
    """The matrix of a function of a batch: the batch is the identity."""
    units = np.eye(int(np.prod(shape)), dtype=np.float32)
    return fun(units.reshape(-1, *shape)).reshape(len(units), -1).T
