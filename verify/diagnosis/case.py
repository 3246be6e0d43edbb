"""What a fault is fitted to: the failing cotangent beside the right ones, at every item that shows it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify import _precision, comparison, tolerance
from verify.report import Finding
from verify.trial import Trial

Arrays = tuple[np.ndarray, ...]

LARGE = 4096  # entries of a point beyond which no further witness is run: what is at hand must do
_MARGIN = 8.0  # a candidate's own rounding is that of the witness and of the rule together


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One explanation: the `sentence`, and the cotangent that the fault would return at the items of any case.

    `produce` is asked at fresh items as well, so whatever it needs (a ratio, a shift) was fixed when it was made.
    With `partly`, only the entries that are wrong need be explained: the fault is said to strike some entries.
    """

    sentence: str
    produce: Callable[[Case], np.ndarray | None]
    partly: bool = False


@dataclasses.dataclass(frozen=True)
class Case:
    """Float leaf `leaf` of a rule's cotangents at the ordinary items where it is wrong; stacked over items, float64.

    `expected` and `points` hold all float leaves, since a fault may have taken another argument's.
    """

    trial: Trial
    leaf: int
    labels: tuple[str, ...]
    actual: np.ndarray
    expected: Arrays
    points: Arrays
    others: Arrays
    cotangents: Arrays
    wrong: np.ndarray  # per entry: beyond the tolerance of the agreement law
    allowed: np.ndarray  # per item, ready to broadcast: what rounding may do to any entry

    @property
    def right(self) -> np.ndarray:
        """The right cotangent of the leaf."""
        return self.expected[self.leaf]

    @property
    def path(self) -> str:
        """The leaf's name in the user's arguments."""
        return self.trial.problem.float_paths[self.leaf]

    def name(self, leaf: int) -> str:
        """The name of any float leaf."""
        return self.trial.problem.float_paths[leaf]

    @property
    def axes(self) -> list[int]:
        """The leaf's axes (item axis not counted) along which anything can be moved."""
        return [axis for axis, n in enumerate(self.right.shape[1:]) if n > 1]

    def close(self, produced: np.ndarray) -> np.ndarray:
        """Entrywise: is this what the rule returned, to rounding?"""
        return np.abs(produced - self.actual) <= self.allowed

    def witness(
        self, *, points: Arrays | None = None, cotangents: Arrays | None = None, leaf: int | None = None
    ) -> np.ndarray | None:
        """The right cotangent (of another leaf) at other points or cotangents; None where it is costly or infinite."""
        if self.trial.entries > LARGE:
            return None
        assert self.trial.autodiff is not None
        found = self.trial.autodiff.gradients(points or self.points, self.others, cotangents or self.cotangents)[1]
        right = np.asarray(found[self.leaf if leaf is None else leaf], np.float64)
        return right if np.isfinite(right).all() else None

    def tangents(self) -> Arrays:
        """Forward mode along the cotangents, for a function whose outputs have the shapes of its inputs."""
        assert self.trial.autodiff is not None
        found = self.trial.autodiff.tangents(self.points, self.others, self.cotangents)
        return tuple(np.asarray(t, np.float64) for t in found)

    def outputs(self) -> Arrays:
        """The primal's outputs at the points."""
        assert self.trial.autodiff is not None
        found = self.trial.autodiff.gradients(self.points, self.others, self.cotangents)[0]
        return tuple(np.asarray(y, np.float64) for y in found)


def replaced(arrays: Arrays, position: int, array: np.ndarray) -> Arrays:
    """A copy of the tuple with another array at one position."""
    return (*arrays[:position], array, *arrays[position + 1 :])


def row(trial: Trial, finding: Finding) -> int | None:
    """Which of the trial's items a finding shows; items may share their cotangents, or their points."""
    if not finding.example:
        return None
    arguments, cotangents = finding.example
    shown = {id(leaf) for leaf in jax.tree.leaves(arguments)}
    rows = [i for i, item in enumerate(trial.items) if item.cotangents is cotangents]

    def alike(i: int) -> int:
        return sum(id(a) in shown for a in (*trial.items[i].floats, *trial.items[i].others))

    return max(rows, key=alike, default=None)


def view(trial: Trial) -> comparison.Comparison:
    """Rule and witness in the sharpest precision in which the rule runs."""
    if trial.answers64 is None or trial.dtype == np.float64:
        return comparison.with_witness(trial, trial.answers.cotangents, trial.dtype)
    narrow = trial.internal_precision
    dtype: Any = np.dtype(np.float64)
    if narrow is not None:
        dtype = max((narrow, trial.dtype), key=_precision.unit_roundoff)
    return comparison.with_witness(trial, trial.answers64.cotangents, dtype)


def make(trial: Trial, leaf: int, seen: comparison.Comparison) -> Case | None:
    """The case of one leaf, or None where no ordinary item shows the fault in finite numbers."""
    ordinary = np.asarray([item.ordinary for item in trial.items])
    beyond = seen.ratios[leaf] > 1
    rows = np.flatnonzero(ordinary & trial.valid & beyond.reshape(len(beyond), -1).any(axis=1))
    if not rows.size:
        return None
    actual, expected = seen.actual[leaf][rows], tuple(g[rows] for g in trial.witness)
    if not (np.isfinite(actual).all() and all(np.isfinite(g).all() for g in expected)):
        return None
    size = np.max([_largest(a) for a in (actual, expected[leaf], seen.allowed[leaf][rows] / seen.unit)], axis=0)
    allowed = _MARGIN * tolerance.LAMBDA * np.sqrt(trial.length) * seen.unit * size
    return Case(
        trial,
        leaf,
        tuple(trial.items[i].label for i in rows),
        actual,
        expected,
        tuple(x[rows] for x in _precision.to_float64(trial.floats)),
        tuple(n[rows] for n in trial.others),
        tuple(w[rows] for w in _precision.to_float64(trial.cotangents)),
        beyond[rows],
        allowed.reshape(-1, *[1] * (actual.ndim - 1)),
    )


def _largest(a: np.ndarray) -> np.ndarray:
    return np.abs(a).reshape(len(a), -1).max(axis=1, initial=0.0)
