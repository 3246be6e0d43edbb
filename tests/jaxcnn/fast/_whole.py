"""A block and a pooling on whole numbers, with their derivatives, in NumPy loops: the fast forms share none of it."""

import itertools

import numpy as np


def padding_of(padding, sizes, kernel):
    """Return (before, after) per axis, for stride 1."""
    if padding == "VALID":
        return ((0, 0), (0, 0))
    if padding == "SAME":
        return tuple(((k - 1) // 2, k // 2) for k in kernel)
    return padding


def padded(x, amounts):
    """Return x with zeros around it, or cropped where an amount is negative."""
    (top, bottom), (left, right) = amounts
    x = np.pad(x, ((0, 0), (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0)), (0, 0)))
    return x[:, max(-top, 0) : x.shape[1] - max(-bottom, 0), max(-left, 0) : x.shape[2] - max(-right, 0)]


def block(x, kernel, bias, cotangent_of, *, padding, relu, window):
    """Return y, and (d_x, d_kernel, d_bias) for the cotangent `cotangent_of(shape of y)`; int64 throughout."""
    (kh, kw), amounts = kernel.shape[:2], padding_of(padding, x.shape[1:3], kernel.shape[:2])
    source = padded(x, amounts)
    rows, columns = source.shape[1] - kh + 1, source.shape[2] - kw + 1
    z = np.stack(
        [
            np.stack(
                [np.einsum("nabc,abco->no", source[:, p : p + kh, q : q + kw], kernel) + bias for q in range(columns)],
                axis=1,
            )
            for p in range(rows)
        ],
        axis=1,
    )
    alive = np.maximum(z, 0) if relu else z
    y, d_alive, g = pool(alive, cotangent_of, window)
    d_z = d_alive * (z > 0) if relu else d_alive
    d_source, d_kernel = np.zeros_like(source), np.zeros_like(kernel)
    for p, q in itertools.product(range(rows), range(columns)):
        d_source[:, p : p + kh, q : q + kw] += np.einsum("no,abco->nabc", d_z[:, p, q], kernel)
        d_kernel += np.einsum("no,nabc->abco", d_z[:, p, q], source[:, p : p + kh, q : q + kw])
    # Where each entry of the source came from: an index image goes through the same padding.
    origin = padded(np.arange(1, x.size + 1).reshape(x.shape), amounts)
    d_x = np.zeros(x.size + 1, np.int64)
    np.add.at(d_x, origin.reshape(-1), d_source.reshape(-1))
    return y, (d_x[1:].reshape(x.shape), d_kernel, d_z.sum((0, 1, 2))), g


def pool(x, cotangent_of, window):
    """Return the pooled array, d_x, and the cotangent; the first maximum of a window gets it, in row-major order."""
    (n, height, width, channels), (p, q) = x.shape, window
    y = np.zeros((n, height // p, width // q, channels), np.int64)
    g, d_x = cotangent_of(y.shape), np.zeros_like(x)
    for i, a, b, c in np.ndindex(*y.shape):
        taps = x[i, a * p : (a + 1) * p, b * q : (b + 1) * q, c]
        row, column = np.unravel_index(np.argmax(taps), taps.shape)
        y[i, a, b, c] = taps[row, column]
        d_x[i, a * p + row, b * q + column, c] = g[i, a, b, c]
    return y, d_x, g
