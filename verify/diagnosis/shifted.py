"""Off by k along an axis: a window, a roll, a time step placed too early or too late."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "shifted"

_FAR = 3  # steps: further off than that, nobody miscounts


def candidates(case: Case) -> Iterator[Candidate]:
    """The right gradient moved, with zeros moving in or going round; then the gradient for moved cotangents."""
    for axis, k in _moves(case.right.shape[1:]):
        told = f"d_{case.path} equals the right gradient shifted by {k} along axis {axis}"
        yield Candidate(f"{told}.", partial(_moved, axis=axis, k=k))
        yield Candidate(f"{told}, going round.", partial(_rolled, axis=axis, k=k))
    for out, w in enumerate(case.cotangents):
        which = "the cotangent" if len(case.cotangents) == 1 else f"cotangent {out}"
        for axis, k in _moves(w.shape[1:]):
            told = f"d_{case.path} is the gradient for {which} shifted by {k} along axis {axis}."
            yield Candidate(told, partial(_for_moved, out=out, axis=axis, k=k))
    for leaf, x in enumerate(case.points):
        if leaf != case.leaf:
            for axis, k in _moves(x.shape[1:]):
                told = f"d_{case.path} is the gradient for `{case.name(leaf)}` shifted by {k} along axis {axis}."
                yield Candidate(told, partial(_at_moved, leaf=leaf, axis=axis, k=k))


def _moves(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    steps = [s * k for k in range(1, _FAR + 1) for s in (1, -1)]
    return [(axis, k) for axis, n in enumerate(shape) for k in steps if abs(k) < n]


def _shift(a: np.ndarray, axis: int, k: int) -> np.ndarray:
    moved = np.roll(a, k, axis + 1)
    edge = [slice(None)] * a.ndim
    edge[axis + 1] = slice(0, k) if k > 0 else slice(k, None)
    moved[tuple(edge)] = 0
    return moved


def _moved(case: Case, axis: int, k: int) -> np.ndarray:
    return _shift(case.right, axis, k)


def _rolled(case: Case, axis: int, k: int) -> np.ndarray:
    return np.roll(case.right, k, axis + 1)


def _for_moved(case: Case, out: int, axis: int, k: int) -> np.ndarray | None:
    return case.witness(cotangents=replaced(case.cotangents, out, _shift(case.cotangents[out], axis, k)))


def _at_moved(case: Case, leaf: int, axis: int, k: int) -> np.ndarray | None:
    return case.witness(points=replaced(case.points, leaf, _shift(case.points[leaf], axis, k)))
