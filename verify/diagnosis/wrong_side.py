"""A condition the wrong way round: the gradient passes where x < c instead of x > c."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "wrong-side"


def candidates(case: Case) -> Iterator[Candidate]:
    """The two slopes of a piecewise linear function exchanged; the other branch of a choice between arguments."""
    slopes = _two_slopes(case)
    if slopes is not None:
        low, high = slopes
        told = f"d_{case.path} takes the slope of the wrong side of the threshold: {high:.9g} where {low:.9g} is right."
        yield Candidate(told, lambda c: (low + high) * c.cotangents[0] - c.right if _alike(c) else None)
    if not _complementary(case):
        return
    for leaf, x in enumerate(case.points):
        if leaf != case.leaf and x.shape == case.right.shape:
            told = f"d_{case.path} passes where `{case.path}` and `{case.name(leaf)}` compare the wrong way round."
            yield Candidate(told, partial(_exchanged, leaf=leaf))


def _alike(case: Case) -> bool:
    return len(case.cotangents) == 1 and case.cotangents[0].shape == case.right.shape


def _two_slopes(case: Case) -> tuple[float, float] | None:
    """The right slopes, if there are exactly two of them."""
    if not _alike(case):
        return None
    w = case.cotangents[0]
    slopes = case.right[w != 0] / w[w != 0]
    if slopes.size < 2:
        return None
    low, high = float(slopes.min()), float(slopes.max())
    near = np.minimum(np.abs(slopes - low), np.abs(slopes - high)) <= 1e-9 * (abs(low) + abs(high))
    return (low, high) if near.all() and low < high else None


def _complementary(case: Case) -> bool:
    """Whether the rule is zero where it should not be and the reverse."""
    return bool(np.all((case.actual == 0) | (case.right == 0)) and np.any(case.actual != 0) and np.any(case.right != 0))


def _exchanged(case: Case, leaf: int) -> np.ndarray | None:
    mine, other = case.points[case.leaf], case.points[leaf]
    return case.witness(points=replaced(replaced(case.points, case.leaf, other), leaf, mine))
