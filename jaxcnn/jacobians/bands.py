"""Products with the Jacobian of a convolution of few channels, by bands of its matrix.

The matrix of a convolution is a sum over the rows i of the kernel, of a shift along the height and a band B_i that one
row p of outputs shares with all the others,

    J[p, q, o; h, w, c] = [h = p s + i d - lo] B_i[q, o; w, c]       B_i[q, o; w, c] = K[i, (w + lo - q s) / d, c, o],

so R J is one product of R's rows with [B_0 | ... | B_(kh-1)], whose parts are then put back where they were read and
added up. Most of a band is zeros, and still this is faster than a convolution, which does badly with few channels: 160
rows through 5 x 5, 1 -> 4 channels of 28 x 28 take 1.2 ms and 7.4 ms (2 cores, jax 0.10).
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

from jaxcnn import _taps
from jaxcnn._types import Array
from jaxcnn._windows import Windows

_WIDEST = 256  # entries of one row of an image, all channels: beyond, convolutions are fast and bands mostly zeros


def suits(geometry: Windows, channels: int, features: int) -> bool:
    """Whether bands are the faster way."""
    return max(geometry.sizes[1] * channels, geometry.outputs[1] * features) <= _WIDEST


def pulled(between: Array, rows: Array, geometry: Windows) -> Array:
    """Return R J, (B, H, W, C), for R, (B, P, Q, O), and the kernel between all channels, (kh, kw, O, C)."""
    count, outputs, taps = len(rows), geometry.outputs[0], geometry.window[0]
    flat = rows.reshape(count * outputs, -1)
    parts = jnp.matmul(flat, _bands(between, geometry), precision=lax.Precision.HIGHEST)
    parts = parts.reshape(count, outputs, taps, -1)
    whole = _taps.total(_placed(parts[:, :, i], geometry, i) for i in range(taps))
    return whole.reshape(count, *geometry.sizes, between.shape[3])


def pushed(between: Array, columns: Array, geometry: Windows) -> Array:
    """Return J V, (B, P, Q, O), for V, (B, H, W, C): the same from the other side."""
    count, taps = len(columns), geometry.window[0]
    flat = columns.reshape(count * geometry.sizes[0], -1)
    turned = _bands(between, geometry).reshape(-1, taps, flat.shape[1]).transpose(2, 1, 0)  # (W C, kh, Q O)
    parts = jnp.matmul(flat, turned.reshape(flat.shape[1], -1), precision=lax.Precision.HIGHEST)
    parts = parts.reshape(count, geometry.sizes[0], taps, -1)
    whole = _taps.total(_taken(parts[:, :, i], geometry, i) for i in range(taps))
    return whole.reshape(count, *geometry.outputs, between.shape[2])


def taps_read(geometry: Windows, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Per window and input of one axis: the tap (h + lo - p s) / d that reads it, and whether there is one; else 0."""
    n, m, low = geometry.sizes[axis], geometry.outputs[axis], geometry.padding[axis][0]
    ahead = np.arange(n) + low - np.arange(m)[:, None] * geometry.strides[axis]
    tap, rest = np.divmod(ahead, geometry.dilation[axis])
    met = (rest == 0) & (tap >= 0) & (tap < geometry.window[axis])
    return np.where(met, tap, 0), met


def _bands(between: Array, geometry: Windows) -> Array:
    """[B_0 | ... | B_(kh-1)], (Q O, kh W C)."""
    tap, met = taps_read(geometry, 1)
    entries = between.transpose(1, 0, 2, 3)[tap]  # (Q, W, kh, O, C)
    bands = jnp.where(met.reshape(*met.shape, 1, 1, 1), entries, jnp.zeros_like(entries)).transpose(0, 3, 2, 1, 4)
    return bands.reshape(bands.shape[0] * bands.shape[1], -1)


def _placed(part: Array, geometry: Windows, tap: int) -> Array:
    """What one row of the kernel contributes, (B, P, W C), put where it was read, (B, H, W C)."""
    n, m, s, low = geometry.sizes[0], geometry.outputs[0], geometry.strides[0], geometry.padding[0][0]
    first = tap * geometry.dilation[0] - low
    return lax.pad(part, part.dtype.type(0), [(0, 0, 0), (first, n - 1 - first - (m - 1) * s, s - 1), (0, 0, 0)])


def _taken(part: Array, geometry: Windows, tap: int) -> Array:
    """What one row of the kernel reads of every row of the inputs, (B, H, Q O), taken to its outputs, (B, P, Q O)."""
    (low, high), m, s = geometry.padding[0], geometry.outputs[0], geometry.strides[0]
    padded = lax.pad(part, part.dtype.type(0), [(0, 0, 0), (low, high, 0), (0, 0, 0)])
    first = tap * geometry.dilation[0]
    return lax.slice_in_dim(padded, first, first + (m - 1) * s + 1, s, axis=1)
