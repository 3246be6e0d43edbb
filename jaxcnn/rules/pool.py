"""The derivatives of pooling, by hand.

Tap t = (i, j) of window (p, q) reads x[n, p s + t - lo, c]. `take` gathers a tap, `place` is its adjoint: it puts the
cotangent of a tap back where the tap was read, and adds up where windows overlap.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxcnn import _taps
from jaxcnn._types import Array, Padding, Residuals
from jaxcnn._windows import Windows
from jaxcnn.ops.pool import avg_pool, max_pool, pool_windows, real_counts


def max_pool_fwd(inputs: Array, **options: Any) -> tuple[Array, Residuals]:
    """Return the pooled array and the residual x; the winners are found again from x, which costs one pass."""
    return max_pool(inputs, **options), inputs


# y[p] = x[p s + w[p] - lo], where w[p] is the winner of window p: the first t, in row-major order, whose entry no other
# exceeds. Where there is no tie, moving x slightly does not change w, so y is locally a selection and
#   d_inputs[h] = sum_{p, t: p s + t - lo = h} g[p] [w[p] = t].
# At a tie this is the convention: the first maximum gets all of g, as in JAX's own reduce_window.
def max_pool_bwd(
    residuals: Residuals, cotangent: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID"
) -> tuple[Array]:
    """Return (d_inputs,) for g = `cotangent`, (N, P, Q, C)."""
    geometry = pool_windows(residuals.shape, window=window, strides=strides, padding=padding)
    offsets, winner = list(_taps.offsets(geometry)), winners(residuals, geometry)
    shares = (jnp.where(winner == t, cotangent, jnp.zeros_like(cotangent)) for t in range(len(offsets)))
    return (_taps.total(_taps.place(share, geometry, offset) for share, offset in zip(shares, offsets, strict=True)),)


def winners(inputs: Array, geometry: Windows) -> Array:
    """Return w, (N, P, Q, C): for every window the number of its first largest tap, in row-major order."""
    padded = _taps.pad(inputs, geometry, -np.inf)
    first, *others = _taps.offsets(geometry)
    largest = _taps.take(padded, geometry, first)
    winner = jnp.zeros(largest.shape, jnp.int32)
    for t, offset in enumerate(others, start=1):
        tap = _taps.take(padded, geometry, offset)
        keep = (largest >= tap) | (largest != largest)
        largest, winner = jnp.where(keep, largest, tap), jnp.where(keep, winner, t)
    return winner


def avg_pool_fwd(inputs: Array, **options: Any) -> tuple[Array, Residuals]:
    """Return the pooled array and the residual x, of which only the shape matters."""
    return avg_pool(inputs, **options), inputs


# y[p] = 1 / r[p] sum_t x[p s + t - lo] is linear, with the same weight 1 / r[p] for each of its real entries:
#   d_inputs[h] = sum_{p, t: p s + t - lo = h} g[p] / r[p].
# Padding entries have h outside 0 .. n-1; `place` drops them.
def avg_pool_bwd(
    residuals: Residuals, cotangent: Array, *, window: Any, strides: Any = None, padding: Padding = "VALID"
) -> tuple[Array]:
    """Return (d_inputs,) for g = `cotangent`, (N, P, Q, C)."""
    geometry = pool_windows(residuals.shape, window=window, strides=strides, padding=padding)
    share = cotangent / real_counts(geometry, cotangent.dtype)
    return (_taps.total(_taps.place(share, geometry, offset) for offset in _taps.offsets(geometry)),)
