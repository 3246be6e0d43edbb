"""A sum over an axis too many, too few, or a mean of them: what broadcasting does forward, a sum undoes backward."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "sum-over-axis"


def candidates(case: Case) -> Iterator[Candidate]:
    """The right gradient summed once more; then the sum that stops at the first or the last term."""
    for axis in case.axes:
        told = f"d_{case.path} equals the right gradient summed over axis {axis}, the same for every entry of it."
        yield Candidate(told, partial(_summed, axis=axis))
        told = f"d_{case.path} equals the mean of the right gradient over axis {axis}, the same for every entry of it."
        yield Candidate(told, partial(_averaged, axis=axis))
    for out, w in enumerate(case.cotangents):
        for axis, n in enumerate(w.shape[1:]):
            if n < 2:
                continue
            for position, which in ((0, "first"), (-1, "last")):
                told = f"d_{case.path} misses a sum over axis {axis} of the cotangent: only the {which} term is there."
                yield Candidate(told, partial(_single_term, out=out, axis=axis, position=position))


def _summed(case: Case, axis: int) -> np.ndarray:
    return np.broadcast_to(case.right.sum(axis + 1, keepdims=True), case.right.shape)


def _averaged(case: Case, axis: int) -> np.ndarray:
    return np.broadcast_to(case.right.mean(axis + 1, keepdims=True), case.right.shape)


def _single_term(case: Case, out: int, axis: int, position: int) -> np.ndarray | None:
    kept = np.zeros_like(case.cotangents[out])
    index: list[slice | int] = [slice(None)] * kept.ndim
    index[axis + 1] = position
    kept[tuple(index)] = case.cotangents[out][tuple(index)]
    return case.witness(cotangents=replaced(case.cotangents, out, kept))
