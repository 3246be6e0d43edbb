"""Which dimensions of an example are tied together, found by re-tracing.

Every axis of every array starts as a dimension of its own. It is free when the primal still traces with it one longer;
axes of equal size that only trace when they grow together are tied (batch of inputs and labels, contracted dimensions).
What grows in no way is fixed.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from verify.problem import Problem
from verify.resizing import Axis, accepts


def tied_dimensions(problem: Problem, movable: Sequence[bool]) -> list[tuple[Axis, ...]]:
    """Groups of axes that may change together, each checked by tracing the primal with the group one longer."""
    arrays = (*problem.floats, *problem.others)
    axes = [(a, d) for a, array in enumerate(arrays) if movable[a] for d in range(np.ndim(array))]
    groups = _singletons(problem, [axis for axis in axes if arrays[axis[0]].shape[axis[1]] == 1])
    groups += _rows_of_indices(problem, axes)
    paired = {axis for group in groups for axis in group}
    left = []
    for axis in (axis for axis in axes if arrays[axis[0]].shape[axis[1]] != 1 and axis not in paired):
        if accepts(problem, {axis: 1}):
            groups.append((axis,))
        else:
            left.append(axis)
    for size in range(2, 5):
        for group in itertools.combinations(left, size):
            sizes = {arrays[a].shape[d] for a, d in group}
            if (
                len(sizes) == 1
                and not any(axis in g for g in groups for axis in group)
                and accepts(problem, dict.fromkeys(group, 1))
            ):
                groups.append(group)
        left = [axis for axis in left if not any(axis in g for g in groups)]
        if len(left) > 12:
            break  # combinations explode; what is tied five ways is left as it is
    return groups


def _singletons(problem: Problem, ones: list[Axis]) -> list[tuple[Axis, ...]]:
    """Axes of length one, all together or all but one: alone, a longer one might only make another array broadcast."""
    for group in (ones, *itertools.combinations(ones, len(ones) - 1)) if ones else ():
        if group and accepts(problem, dict.fromkeys(group, 1)):
            return [tuple(group)]
    return []


def _rows_of_indices(problem: Problem, axes: list[Axis]) -> list[tuple[Axis, ...]]:
    """Axes of labels with the axis of a float array that has their length: one label for every row.

    Tracing would let them part: `logits[arange(labels.size), labels]` takes any number of labels for any of rows.
    """
    arrays = (*problem.floats, *problem.others)
    first = len(problem.floats)
    groups: list[tuple[Axis, ...]] = []
    for a, d in axes:
        size = np.shape(arrays[a])[d]
        if a < first or size == 1 or problem.other_kinds[a - first] != "array":
            continue
        taken = {axis for group in groups for axis in group}
        partners = [p for p in axes if p[0] < first and np.shape(arrays[p[0]])[p[1]] == size and p not in taken]
        partners = [p for p in partners if p[1] == d] + [p for p in partners if p[1] != d]
        groups += [(p, (a, d)) for p in partners if accepts(problem, {p: 1, (a, d): 1})][:1]
    return groups
