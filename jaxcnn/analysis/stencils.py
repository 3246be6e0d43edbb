"""Finite-difference stencils of k x k taps: the filters that approximate derivatives of order 0, 1 and 2.

In one dimension: a difference, [1], [-1, 1] or [1, -2, 1] for order 0, 1 and 2, blurred by positive weights (box,
binomial, Simpson). Two of these, one across the columns and one across the rows, make a stencil of two dimensions:
[-1, 1] blurred by [1, 1] / 2 is the central difference [-1, 0, 1] / 2; with [1, 2, 1] / 4 in the other direction that
is Sobel's, with [1, 1, 1] / 3 Prewitt's. A stencil with an even number of taps sits between two pixels.

A family is the stencils of one order at one place, blurred alike: their sums are the derivatives in all directions.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

DIFFERENCES = (np.array([1.0]), np.array([-1.0, 1.0]), np.array([1.0, -2.0, 1.0]))
# The derivatives of each order, (times by x, times by y).
DERIVATIVES = (((0, 0),), ((1, 0), (0, 1)), ((2, 0), (1, 1), (0, 2)))
SIMPSON = np.array([1.0, 4.0, 1.0]) / 6


@dataclass(frozen=True, eq=False)
class Family:
    """Stencils of one order.

    Attributes:
        order: of the derivatives.
        centre: (x, y), where they take the derivative: in pixels to the right of and below the middle tap.
        stencils: (n, k, k), of the derivatives of that order that the taps have room for.
    """

    order: int
    centre: tuple[float, float]
    stencils: np.ndarray

    def shares(self, kernels: np.ndarray) -> np.ndarray:
        """Return what share of the sum of squares of each kernel, (N, k, k), the nearest sum of these stencils has."""
        basis, _ = np.linalg.qr(self.stencils.reshape(len(self.stencils), -1).T)
        flat = kernels.reshape(len(kernels), -1)
        return np.sum((flat @ basis) ** 2, axis=1) / np.sum(flat**2, axis=1)


@cache
def families(size: int) -> tuple[Family, ...]:
    """Return every family of stencils of `size` x `size` taps.

    Raises:
        ValueError: if `size` is even or below 3, too few for a second difference.
    """
    if size < 3 or size % 2 == 0:
        raise ValueError(f"A kernel must have an odd number of rows and columns, at least 3; got {size}.")
    places = [twice / 2 for twice in range(2 - size, size - 1)]
    every = itertools.product(range(3), itertools.product(places, places))
    return tuple(family for order, centre in every for family in _families(size, order, centre))


@cache
def lines(size: int, order: int, centre: float) -> tuple[np.ndarray, ...]:
    """Return every stencil of one dimension and `size` taps, as blurred differences of one order at one place."""
    placed = []
    for blur in _blurs(size):
        stencil = np.convolve(DIFFERENCES[order], blur)
        start = (size - len(stencil)) / 2 + centre
        if start.is_integer() and 0 <= start <= size - len(stencil):
            placed.append(np.pad(stencil, (int(start), size - len(stencil) - int(start))))
    return tuple(placed)


def _blurs(size: int) -> Iterator[np.ndarray]:
    """Give positive weights that sum to 1: one tap; two alike; then boxes and binomials, and Simpson's 1, 4, 1."""
    binomial = np.ones(1)
    for width in range(1, size + 1):
        yield binomial / binomial.sum()
        if width > 2:
            yield np.full(width, 1 / width)
        binomial = np.convolve(binomial, [1.0, 1.0])
    yield SIMPSON


def _families(size: int, order: int, centre: tuple[float, float]) -> Iterator[Family]:
    alike = (centre[0] - centre[1]).is_integer()  # then the same blurs fit both directions, and are to be the same

    def key(times: int, axis: int) -> tuple[int, int]:
        return times, 0 if alike else axis

    # One blur for each number of differences, in each direction.
    needed = {key(pair[axis], axis): pair[axis] for pair in DERIVATIVES[order] for axis in (0, 1)}
    numbers = [range(len(lines(size, times, centre[axis])) or 1) for (times, axis) in needed]
    for chosen in itertools.product(*numbers):
        blur = dict(zip(needed, chosen, strict=True))
        stencils = []
        for p, q in DERIVATIVES[order]:
            columns, rows = lines(size, p, centre[0]), lines(size, q, centre[1])
            if blur[key(p, 0)] < len(columns) and blur[key(q, 1)] < len(rows):
                stencils.append(np.outer(rows[blur[key(q, 1)]], columns[blur[key(p, 0)]]))
        if stencils:
            yield Family(order, centre, np.array(stencils))
