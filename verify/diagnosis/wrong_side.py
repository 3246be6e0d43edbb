"""A condition the wrong way round: the gradient passes where x < c instead of x > c."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from jax import lax

from verify.diagnosis import edited
from verify.diagnosis.case import Candidate, Case, replaced
from verify.diagnosis.edited import Edit

CODE = "wrong-side"


def candidates(case: Case) -> Iterator[Candidate]:
    """The two slopes of a piecewise linear function exchanged; two arguments that are compared; the other branch."""
    slopes = _two_slopes(case)
    if slopes is not None:
        low, high = slopes
        told = f"d_{case.path} takes the slope of the wrong side of the threshold: {high:.9g} where {low:.9g} is right."
        yield Candidate(told, lambda c: (low + high) * c.cotangents[0] - c.right if _alike(c) else None)
    complementary = _complementary(case)
    for leaf, x in enumerate(case.points):
        if leaf == case.leaf or x.shape != case.right.shape:
            continue
        if complementary:
            told = f"d_{case.path} passes where `{case.path}` and `{case.name(leaf)}` compare the wrong way round."
            yield Candidate(told, partial(_exchanged, leaf=leaf, of=case.leaf))
        if slopes is not None:
            names = f"`{case.path}` and `{case.name(leaf)}`"
            told = f"d_{case.path} takes the slope of the wrong side, as for {names} exchanged."
            yield Candidate(told, partial(_exchanged, leaf=leaf, of=leaf))
    if complementary and np.any((case.right != 0).any(0) & (case.actual != 0).any(0)):  # else a mask decides
        yield from edited.candidates(case, _branches)


def _alike(case: Case) -> bool:
    return len(case.cotangents) == 1 and case.cotangents[0].shape == case.right.shape


def _two_slopes(case: Case) -> tuple[float, float] | None:
    """The right slopes, if there are exactly two of them and the point decides which."""
    if not _alike(case):
        return None
    w = case.cotangents[0]
    slopes = case.right[w != 0] / w[w != 0]
    if slopes.size < 2:
        return None
    low, high = float(slopes.min()), float(slopes.max())
    near = np.minimum(np.abs(slopes - low), np.abs(slopes - high)) <= 1e-9 * (abs(low) + abs(high))
    if not (near.all() and low < high):
        return None
    above = np.abs(case.right - high * w) < np.abs(case.right - low * w)
    return (low, high) if np.any((above != above[0]) & (w != 0) & (w[0] != 0)) else None  # else a mask decides


def _complementary(case: Case) -> bool:
    """Whether the rule is zero where it should not be and the reverse."""
    return bool(np.all((case.actual == 0) | (case.right == 0)) and np.any(case.actual != 0) and np.any(case.right != 0))


def _exchanged(case: Case, leaf: int, of: int) -> np.ndarray | None:
    """The gradient of leaf `of` where this argument and another have each other's values."""
    mine, other = case.points[case.leaf], case.points[leaf]
    return case.witness(points=replaced(replaced(case.points, case.leaf, other), leaf, mine), leaf=of)


def _branches(eqn: Any) -> list[Edit]:
    name = eqn.primitive.name
    words = f"of the branch that is not taken: the `{name}` is the wrong way round"
    if name in ("max", "min"):
        other = lax.min if name == "max" else lax.max
        return [Edit(words, lambda _, values: other(*values))]
    if name == "select_n" and eqn.invars[0].aval.dtype == bool:
        return [Edit(words, lambda _, values: lax.select_n(values[0], values[2], values[1]))]
    return []
