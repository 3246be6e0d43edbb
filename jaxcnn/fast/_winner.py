"""Which tap of a window is the largest, and the way back to it.

The taps of a pooling window are arrays of one shape, in row-major order of the window. The winner is the first that no
other exceeds (a NaN counts as largest), and the index of a window whose largest value relu cuts off is -1. Indices are
floating point: comparing and selecting 32-bit floats by 32-bit floats is what the CPU's vector units do best.
"""

from collections.abc import Iterable

import jax.numpy as jnp

from jaxcnn._types import Array
from jaxcnn._windows import Windows

DEAD = -1.0


def winner(taps: Iterable[Array], *, relu: bool) -> tuple[Array, Array]:
    """Return the largest of the taps, cut off at zero if `relu`, and which one it is, float32."""
    first, *others = taps
    largest, index = first, jnp.zeros(first.shape, jnp.float32)
    for t, tap in enumerate(others, start=1):
        keep = (largest >= tap) | (largest != largest)
        largest, index = jnp.where(keep, largest, tap), jnp.where(keep, index, t)
    if relu:
        index = jnp.where(largest <= 0, DEAD, index)
        largest = jnp.where(largest <= 0, jnp.zeros_like(largest), largest)
    return largest, index


# y = relu(z[w]) with w the winner is, where nothing ties, a selection, so dz[t] = g [w = t and y > 0].
def to_winner(index: Array, cotangent: Array, tap: int | Array) -> Array:
    """Return the cotangent of one tap: that of the window where the tap has won, else zero."""
    return jnp.where(index == tap, cotangent, jnp.zeros_like(cotangent))


def to_alive(index: Array, cotangent: Array) -> Array:
    """Return the cotangent of the windows that relu has not cut off: the sum of the cotangents of all taps."""
    return jnp.where(index == DEAD, jnp.zeros_like(cotangent), cotangent)


def to_winners(index: Array, cotangent: Array, windows: Windows) -> Array:
    """Return the cotangents of all taps in their places: tap (a, b) of window (p, q) at (p P + a, q Q + b).

    Args:
        index: of the winner of each window, (C, P, Q, N).
        cotangent: of the windows, of the same shape.
        windows: that do not overlap.
    """
    (channels, rows, columns, batch), (p, q) = index.shape, windows.window
    if (p, q) == (1, 1):
        return to_winner(index, cotangent, 0)
    by_window = (channels, rows, 1, columns, 1, batch)
    taps = jnp.arange(p * q, dtype=index.dtype).reshape(1, 1, p, 1, q, 1)
    shares = to_winner(index.reshape(by_window), cotangent.reshape(by_window), taps)
    return shares.reshape(channels, rows * p, columns * q, batch)
