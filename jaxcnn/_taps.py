"""Windows seen tap by tap: the inputs under entry (a, b) of every window, and the adjoint that puts them back.

For windows with strides s, padding lo and dilation d (one axis written, the other alike),

    take:  t[n, p, c] = x[n, p s + a d - lo, c]        place:  x[n, p s + a d - lo, c] += t[n, p, c]

Both are one `lax` call. A window of k x k entries has k² taps, so a loop over them is short, and the order of the loop
(row-major) is the order in which ties are broken.
"""

import functools
import operator
from collections.abc import Iterable, Iterator

from jax import lax

from jaxcnn._types import Array
from jaxcnn._windows import Pair, Windows


def offsets(windows: Windows) -> Iterator[Pair]:
    """Yield a d of every entry of a window, in row-major order."""
    for a in range(windows.window[0]):
        for b in range(windows.window[1]):
            yield a * windows.dilation[0], b * windows.dilation[1]


def total(terms: Iterable[Array]) -> Array:
    """Return the sum of the terms, at least one, added first to last."""
    return functools.reduce(operator.add, terms)


def pad(inputs: Array, windows: Windows, value: float) -> Array:
    """Pad (or, where the amount is negative, crop) the spatial axes of (N, H, W, C) by `value`."""
    amounts = ((0, 0), *windows.padding, (0, 0))
    return lax.pad(inputs, inputs.dtype.type(value), [(lo, hi, 0) for lo, hi in amounts])


def take(padded: Array, windows: Windows, offset: Pair) -> Array:
    """Return the entry at `offset` of every window: (N, H + pad, W + pad, C) -> (N, P, Q, C)."""
    batch, _, _, channels = padded.shape
    stops = [at + (m - 1) * s + 1 for at, m, s in zip(offset, windows.outputs, windows.strides, strict=True)]
    return lax.slice(padded, (0, *offset, 0), (batch, *stops, channels), (1, *windows.strides, 1))


def place(tap: Array, windows: Windows, offset: Pair) -> Array:
    """Return the adjoint of padding and `take`: (N, P, Q, C) -> (N, H, W, C), zero wherever no window looked."""
    edges = []
    for n, m, s, (lo, _), at in zip(
        windows.sizes, windows.outputs, windows.strides, windows.padding, offset, strict=True
    ):
        first = at - lo  # where p = 0 lands; negative if that is in the padding, and lax.pad then drops it
        last = first + (m - 1) * s
        edges.append((first, n - 1 - last, s - 1))
    return lax.pad(tap, tap.dtype.type(0), [(0, 0, 0), *edges, (0, 0, 0)])
