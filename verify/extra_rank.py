"""An example with one more leading axis, where that is an axis of examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verify import _precision
from verify.problem import Problem
from verify.resizing import outputs_of, redrawn

EXTRA_RANK = "one more leading axis"


def extra_rank(
    problem: Problem, movable: Sequence[bool], rng: np.random.Generator
) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """One example with a new leading axis of two, where the primal accepts one that comes out as a leading axis too.

    All arrays together are tried first (elementwise functions, losses), then the first argument alone (layers).
    """
    arrays = (*problem.floats, *problem.others)
    before = problem.outputs(problem.floats, problem.others)
    everything = list(movable)
    first = [i == 0 and everything[0] for i in range(len(arrays))]
    for chosen in (everything, first):
        widened = [(2, *np.shape(a)) if ok else np.shape(a) for a, ok in zip(arrays, chosen, strict=True)]
        after = outputs_of(problem, widened)
        if any(chosen) and after is not None and _leads(before, after, reduced=chosen is everything):
            floats, others = redrawn(problem, widened, rng)
            if _means_a_batch(problem, floats, others, chosen):
                return [(EXTRA_RANK, floats, others)]
    return []


def _means_a_batch(problem: Problem, floats: Sequence[Any], others: Sequence[Any], chosen: Sequence[bool]) -> bool:
    """Whether the new axis is one of examples: the primal does to each what it does alone, or adds or averages them.

    What merely broadcasts (a mask of rows against columns) also traces, and means something else.
    """
    count = len(floats)
    with _precision.double_precision():
        wide = problem.call(_precision.to_float64(floats), others)
        each = []
        for i in range(2):
            picked = [a[i] if ok else a for a, ok in zip((*floats, *others), chosen, strict=True)]
            each.append(problem.call(_precision.to_float64(picked[:count]), picked[count:]))
    for y, first, second in zip(wide, *each, strict=True):
        rows = np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)])
        candidates = [rows] if np.shape(y) == rows.shape else [rows.sum(axis=0), rows.mean(axis=0)]
        # in a program with float32 inside, rounding is that of float32; what broadcasts otherwise differs by far more
        close = (np.allclose(np.asarray(y, np.float64), c, rtol=1e-3, atol=1e-6, equal_nan=True) for c in candidates)
        if not any(close):
            return False
    return True


def _leads(before: Sequence[Any], after: Sequence[Any], *, reduced: bool) -> bool:
    """Whether the new axis leads every output too; where all arrays have it, it may also have been summed away."""
    shapes = [(tuple(x.shape), tuple(y.shape)) for x, y in zip(before, after, strict=True)]
    return all(new == (2, *old) or (reduced and new == old) for old, new in shapes)
