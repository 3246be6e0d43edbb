"""Ways to make the matrix of a convolution, ours and the usual ones, and plain fills of the same size."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse import coo_array

import verify


@dataclasses.dataclass(frozen=True)
class Problem:
    """A convolution 3 x 3, SAME, of a square image."""

    side: int
    channels: int
    features: int

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.side, self.side, self.channels

    @property
    def kernel(self) -> np.ndarray:
        return np.random.default_rng(0).standard_normal((3, 3, self.channels, self.features)).astype(np.float32)

    @property
    def entries(self) -> int:
        return (3 * self.side - 2) ** 2 * self.channels * self.features

    def __str__(self) -> str:
        return f"{self.side} x {self.side} x {self.channels} -> {self.features}"


SPARSE, DENSE, LARGE = Problem(32, 64, 64), Problem(14, 32, 64), Problem(56, 64, 64)
SMALL = {SPARSE: Problem(8, 8, 8), DENSE: Problem(6, 4, 8), LARGE: Problem(9, 8, 8)}


def csr(problem: Problem) -> Any:
    return verify.conv_matrix(problem.kernel, problem.shape)


def dense(problem: Problem) -> Any:
    return verify.conv_matrix(problem.kernel, problem.shape, format="numpy")


def bcoo(problem: Problem) -> Callable[[Any], Any]:
    """A compiled function of the kernel that returns values and indices."""

    def entries(kernel: Any) -> tuple[Any, Any]:
        matrix = verify.conv_matrix(kernel, problem.shape, format="bcoo")
        return matrix.data, matrix.indices

    return jax.jit(entries)


def compiled_fill(count: int) -> Callable[[Any], Any]:
    """Arrays like those of a BCOO of so many entries, filled with two numbers that are not known before."""
    return jax.jit(
        lambda kernel: (
            jnp.full(count, kernel[0, 0, 0, 0]),
            jnp.full((count, 2), kernel[0, 0, 0, 1].astype(jnp.int32)),
        )
    )


def fresh_fill(problem: Problem) -> Any:
    """Arrays like those of the CSR matrix, filled."""
    rows = problem.side**2 * problem.features + 1
    arrays = [np.empty(problem.entries, np.float32), np.empty(problem.entries, np.int32), np.empty(rows, np.int32)]
    for array in arrays:
        array.fill(1)
    return arrays


def tap_by_tap(problem: Problem) -> Any:
    """The same put together tap by tap, with as little arithmetic and memory as coordinates need."""
    side, kernel = problem.side, problem.kernel
    at = np.arange(side**2).reshape(side, side)
    rows, columns, values = [], [], []
    for i, j in np.ndindex(3, 3):
        meets = at[max(0, 1 - i) : side + 1 - i, max(0, 1 - j) : side + 1 - j]
        met = meets + (i - 1) * side + (j - 1)
        shape = (*meets.shape, problem.features, problem.channels)
        rows.append(
            np.broadcast_to((meets[..., None] * problem.features + np.arange(problem.features))[..., None], shape)
        )
        columns.append(
            np.broadcast_to((met[..., None] * problem.channels + np.arange(problem.channels))[..., None, :], shape)
        )
        values.append(np.broadcast_to(kernel[i, j].T, shape))
    flat = (np.concatenate([part.reshape(-1) for part in parts]) for parts in (values, rows, columns))
    data, row, column = flat
    size = side**2
    return coo_array((data, (row, column)), shape=(size * problem.features, size * problem.channels))


def from_indices(problem: Problem) -> Any:
    """A COO matrix from the indices of all pairs of an output and a tap, less those outside: the usual few lines."""
    side, kernel = problem.side, problem.kernel
    i, j, o, a, b, c = np.indices((side, side, problem.features, 3, 3, problem.channels)).reshape(6, -1)
    u, v = i + a - 1, j + b - 1
    inside = (u >= 0) & (u < side) & (v >= 0) & (v < side)
    row = ((i * side + j) * problem.features + o)[inside]
    column = ((u * side + v) * problem.channels + c)[inside]
    shape = (side**2 * problem.features, side**2 * problem.channels)
    return coo_array((kernel[a, b, c, o][inside], (row, column)), shape=shape)
