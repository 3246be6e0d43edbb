"""Mutants that follow another convention at a jump: relu'(0) = 1 for 0, the last maximum for the first.

Every value between those that the right pass takes beside a jump is a generalised derivative (Clarke, Optimization and
Nonsmooth Analysis, 1983, section 2.5), so such a mutant is no mistake. It is recognised by numbers: wherever it differs
the right pass jumps, every entry lies within the range of the neighbours, and so does the sum of all entries: a mutant
that gives the cotangent of a tie to both winners, or to none, has another sum and remains a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from verify.problem import Arrays

_RANDOM = 32  # neighbours of every draw, beside those in `_directions`
_STEP = 2.0**-20  # and a sixteenth of it: what changes alike at both is a jump and no slope
_FINER = 16.0
MOST = 0.5  # a mutant that differs at more of the draws than this is a mistake: so many jumps there are not
_SLACK = 1e-4  # of a range: beyond the error of a neighbour's slope, and a tenth of a factor 1.001

Neighbours = tuple[Arrays, Arrays]  # the right pass at the wide and at the fine steps, (copies, draws, ...)


def neighbours(
    run: Callable[[Arrays, Arrays], Arrays], floats: Arrays, others: Arrays, rng: np.random.Generator
) -> Neighbours:
    """Evaluate the right pass beside every draw."""
    directions = [_directions(x.shape, rng) for x in floats]
    copies = len(directions[0])

    def beside(step: float) -> Arrays:
        moved = (x + step * _scale(x) * d for x, d in zip(floats, directions, strict=True))
        flat = tuple(x.reshape(-1, *x.shape[2:]) for x in moved)
        results = run(flat, tuple(np.concatenate([n] * copies) for n in others))
        return tuple(y.reshape(copies, -1, *y.shape[1:]) for y in results)

    return beside(_STEP), beside(_STEP / _FINER)


def _scale(x: np.ndarray) -> np.ndarray:
    """The size of every entry; of a zero, that of the largest entry of its draw, or 1 if all are zero."""
    largest = np.abs(x).reshape(len(x), -1).max(axis=1).reshape(-1, *[1] * (x.ndim - 1))
    return np.where(x != 0, np.abs(x), np.where(largest > 0, largest, 1.0))


def _directions(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Steps of length 1/2 to 1: all up, all down, rising and falling along the entries, and random ones.

    Of many ties at once random steps meet few outcomes; the first four settle all ties alike, as a convention does.
    """
    ramp = np.broadcast_to(np.linspace(0.5, 1.0, int(np.prod(shape[1:]))).reshape(shape[1:]), shape)
    ones, size = np.ones(shape), (_RANDOM, *shape)
    return np.stack([ones, -ones, ramp, -ramp, *(rng.uniform(0.5, 1.0, size) * rng.choice((-1, 1), size))])


def only(
    right: Arrays, got: Arrays, differs: Sequence[np.ndarray], allowed: Arrays, around: Callable[[], Neighbours]
) -> bool:
    """Whether a mutant that differs at the entries `differs` does so by convention only."""
    if any(not np.isfinite(m[d]).all() for m, d in zip(got, differs, strict=True)):
        return False
    if any(d.reshape(len(d), -1).any(axis=1).mean() > MOST for d in differs):
        return False  # at most draws there is no jump: nothing need be evaluated
    for y, m, d, tolerance, wide, fine in zip(right, got, differs, allowed, *around(), strict=True):
        rows = np.flatnonzero(d.reshape(len(d), -1).any(axis=1))
        if not rows.size:
            continue
        here = [a[rows] for a in (y, m, d, tolerance)]
        if not _between(here[0], here[1], here[2], here[3], wide[:, rows], fine[:, rows]):
            return False
        sums = [a.reshape(len(rows), -1).sum(axis=1) for a in (here[0], here[1], here[3])]
        ranges = [a[:, rows].reshape(len(a), len(rows), -1).sum(axis=2) for a in (wide, fine)]
        low, high = np.minimum(ranges[1].min(axis=0), sums[0]), np.maximum(ranges[1].max(axis=0), sums[0])
        slack = _SLACK * np.maximum(high - low, np.abs(m[rows]).reshape(len(rows), -1).max(axis=1)) + sums[2]
        if ((sums[1] < low - slack) | (sums[1] > high + slack)).any():
            return False
    return True


def _between(
    right: np.ndarray, got: np.ndarray, differs: np.ndarray, allowed: np.ndarray, wide: np.ndarray, fine: np.ndarray
) -> bool:
    with np.errstate(invalid="ignore"):
        jumps = np.ptp(fine, axis=0) > np.ptp(wide, axis=0) / 4
        low, high = np.minimum(fine.min(axis=0), right), np.maximum(fine.max(axis=0), right)
        slack = _SLACK * (high - low) + allowed
        within = (got >= low - slack) & (got <= high + slack)
    return bool((jumps & within)[differs].all())
