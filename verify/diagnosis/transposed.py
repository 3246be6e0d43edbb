"""A transpose too many or too few: of the gradient, of a matrix argument, of the cotangent, or of the Jacobian."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "transposed"


def candidates(case: Case) -> Iterator[Candidate]:
    """Two axes of equal length exchanged, in each array in turn; last, J w in place of J' w."""
    for axes in _pairs(case.right.shape[1:]):
        told = f"d_{case.path} equals the right gradient transposed (axes {axes[0]}, {axes[1]})."
        yield Candidate(told, partial(_swapped, axes=axes))
    for leaf, x in enumerate(case.points):
        for axes in _pairs(x.shape[1:]):
            told = f"d_{case.path} is the gradient for `{case.name(leaf)}` transposed (axes {axes[0]}, {axes[1]})."
            yield Candidate(told, partial(_at, leaf=leaf, axes=axes))
    for out, w in enumerate(case.cotangents):
        which = "the cotangent" if len(case.cotangents) == 1 else f"cotangent {out}"
        for axes in _pairs(w.shape[1:]):
            told = f"d_{case.path} is the gradient for {which} transposed (axes {axes[0]}, {axes[1]})."
            yield Candidate(told, partial(_for, out=out, axes=axes))
    if _square(case):
        told = f"d_{case.path} is the Jacobian times the cotangent: the backward pass needs the Jacobian transposed."
        yield Candidate(told, lambda c: c.tangents()[0] if _square(c) else None)


def _pairs(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(a, b) for a, b in itertools.combinations(range(len(shape)), 2) if shape[a] == shape[b] > 1]


def _swap(a: np.ndarray, axes: tuple[int, int]) -> np.ndarray:
    return np.swapaxes(a, axes[0] + 1, axes[1] + 1)


def _swapped(case: Case, axes: tuple[int, int]) -> np.ndarray:
    return _swap(case.right, axes)


def _at(case: Case, leaf: int, axes: tuple[int, int]) -> np.ndarray | None:
    return case.witness(points=replaced(case.points, leaf, _swap(case.points[leaf], axes)))


def _for(case: Case, out: int, axes: tuple[int, int]) -> np.ndarray | None:
    return case.witness(cotangents=replaced(case.cotangents, out, _swap(case.cotangents[out], axes)))


def _square(case: Case) -> bool:
    """One argument and one output of the same shape, small enough for another program."""
    alike = [w.shape for w in case.cotangents] == [x.shape for x in case.points]
    return len(case.points) == 1 and alike and case.trial.entries <= 256 and bool(case.axes)
