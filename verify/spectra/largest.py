"""The largest singular value of many small matrices, between two bounds that are proved.

From above: the eigenvalues of G = B B* are at most t where t I - G is positive semidefinite. A Cholesky factorisation
of n x n that runs to its end in floating point proves that up to c n u tr(t I - G) (Demmel; Higham, Accuracy and
Stability of Numerical Algorithms, 2nd ed., section 10.1; Rump, BIT Numerical Mathematics 46 (2006) 433-452). From
below: |B v| for a unit vector v. Both allow for the rounding of B and of G: the interval holds for the exact matrices.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from verify.spectra.symbol import UNIT, Symbol

_STEPS = 8  # of a power iteration that tells which matrices may have the largest singular value
_CANDIDATES = 16  # matrices whose eigenvalues are computed then
_MARGIN = 1e-10  # relative: how far above the largest eigenvalue found a proof is tried first


class Largest(NamedTuple):
    """The largest singular value of all blocks lies in [low, high].

    Attributes:
        low: proved.
        high: proved.
        frequency: a class of frequencies at which the lower bound was found.
        group: likewise, of the channels.
        vector: the unit vector that gave it.
    """

    low: float
    high: float
    frequency: np.ndarray
    group: int
    vector: np.ndarray


def largest(symbol: Symbol) -> Largest:
    """Bound the largest singular value over all frequencies and groups."""
    best, high = Largest(-1.0, 0.0, symbol.frequencies[0], 0, np.ones(1)), 0.0
    for part, chunk in symbol.chunks():
        blocks = chunk.reshape(-1, *chunk.shape[2:])
        gram = _gram(blocks)
        value, at, vector = _largest_eigenvalue(gram)
        high = max(high, _proved_above(gram, value, max(chunk.shape[2:])))
        low, vector = _proved_below(blocks[at], vector)
        if low > best.low:
            frequency, group = divmod(at, chunk.shape[1])
            best = Largest(low, 0.0, symbol.frequencies[part][frequency], group, vector)
    low = max(0.0, best.low - symbol.error)
    return best._replace(low=low, high=(math.sqrt(high) + symbol.error) * (1 + 4 * UNIT))


def _gram(blocks: np.ndarray) -> np.ndarray:
    """B B* or B* B, whichever is smaller."""
    adjoint = blocks.conj().swapaxes(1, 2)
    return blocks @ adjoint if blocks.shape[1] <= blocks.shape[2] else adjoint @ blocks


def _largest_eigenvalue(gram: np.ndarray) -> tuple[float, int, np.ndarray]:
    """About the largest eigenvalue, where it occurs and its vector: the few most promising matrices in full."""
    vectors = np.random.default_rng(0).standard_normal((gram.shape[1], 1)) + np.zeros((len(gram), 1, 1))
    for _ in range(_STEPS):
        vectors = gram @ vectors
        sizes = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, sizes, out=np.zeros_like(vectors), where=sizes > 0)
    promising = np.argsort(sizes[:, 0, 0])[-_CANDIDATES:]
    values, eigenvectors = np.linalg.eigh(gram[promising])
    at = int(np.argmax(values[:, -1]))
    return float(values[at, -1]), int(promising[at]), eigenvectors[at, :, -1]


def _proved_above(gram: np.ndarray, value: float, inner: int) -> float:
    """A number that no eigenvalue of the exact matrices behind `gram` exceeds.

    `inner` is the length of the sums in `gram`. Their rounding changes it by 2 (inner + 4) u tr(G) at most, in norm
    (complex products round twice); that of the factorisation is 4 (n + 4) u tr(t I - G), and of the diagonal u t.
    """
    n, trace = gram.shape[1], float(np.trace(gram, axis1=1, axis2=2).real.max())
    if trace == 0:
        return 0.0
    margin = _MARGIN
    while True:
        level = value * (1 + margin)
        try:
            np.linalg.cholesky(level * np.eye(n) - gram)
            break
        except np.linalg.LinAlgError:  # a larger eigenvalue than the promising ones had, or too narrow a margin
            value, margin = max(value, float(np.linalg.eigvalsh(gram).max())), 4 * margin
    return level + 1.01 * UNIT * (2 * (inner + 4) * trace + 4 * (n + 4) * n * level + level)


def _proved_below(block: np.ndarray, vector: np.ndarray) -> tuple[float, np.ndarray]:
    """A number that the largest singular value of a block is not below, and the right singular vector that shows it."""
    rows, columns = block.shape
    right = block.conj().T @ vector if rows <= columns else vector
    size = float(np.linalg.norm(right))
    if size == 0:
        return 0.0, np.ones(columns) / np.sqrt(columns)
    right = right / size
    product = float(np.linalg.norm(block @ right))
    slack = 8 * (rows + columns + 4) * UNIT * float(np.linalg.norm(block))
    return max(0.0, product - slack), right
