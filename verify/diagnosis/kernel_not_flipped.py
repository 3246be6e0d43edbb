"""Axes reversed: the gradient of a convolution needs its kernel turned round, or must not have it turned."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "kernel-not-flipped"


def candidates(case: Case) -> Iterator[Candidate]:
    """The right gradient reversed along axes; that for another argument so reversed; that which runs the other way."""
    for axes in _choices(case.right.shape[1:]):
        told = f"d_{case.path} equals the right gradient reversed along {_axes(axes)}."
        yield Candidate(told, partial(_reversed, axes=axes))
    for leaf, x in enumerate(case.points):
        if leaf != case.leaf:
            for axes in _choices(x.shape[1:]):
                told = f"d_{case.path} is the gradient for `{case.name(leaf)}` reversed along {_axes(axes)}."
                yield Candidate(told, partial(_at, leaf=leaf, axes=axes))
    if len(case.points) > 1 and [w.shape for w in case.cotangents] == [case.right.shape]:
        for axes in _choices(case.right.shape[1:]):
            told = f"d_{case.path} is filtered in the direction of the output along {_axes(axes)}, not against it."
            yield Candidate(told, partial(_the_other_way, axes=axes))


def _choices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every choice of up to three axes that hold more than one entry: a kernel has at most three spatial ones."""
    long = [axis for axis, n in enumerate(shape) if n > 1]
    groups = [axes for size in range(1, 4) for axes in itertools.combinations(long, size)]
    return groups if len(shape) <= 5 else []


def _flip(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return np.flip(a, tuple(axis + 1 for axis in axes))


def _reversed(case: Case, axes: tuple[int, ...]) -> np.ndarray:
    return _flip(case.right, axes)


def _at(case: Case, leaf: int, axes: tuple[int, ...]) -> np.ndarray | None:
    return case.witness(points=replaced(case.points, leaf, _flip(case.points[leaf], axes)))


def _the_other_way(case: Case, axes: tuple[int, ...]) -> np.ndarray | None:
    """Reversed, for the cotangent reversed: where the right one looks ahead by k, this one looks back by k."""
    found = case.witness(cotangents=tuple(_flip(w, axes) for w in case.cotangents))
    return None if found is None else _flip(found, axes)


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
