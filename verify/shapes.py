"""Other shapes than the example's that the primal accepts, most telling first.

A fault that shows only for batch > 1 or non-square images needs another shape to show.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.extra_rank import extra_rank
from verify.problem import Problem
from verify.resizing import Axis, accepts, changed, resized
from verify.ties import tied_dimensions

_MOST_AXES = 8  # of a large problem: finding out what is tied traces it for every few of them
_LARGEST = 4096  # entries: growing larger arrays costs time and shows nothing that small ones do not


def variations(
    problem: Problem, movable: Sequence[bool], rng: np.random.Generator
) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """Examples of other shapes, most telling first: all different sizes, singletons, two of everything."""
    arrays = (*problem.floats, *problem.others)
    if sum(np.size(a) for a in arrays) > _LARGEST:
        return _shrunk(problem, movable, rng) + _batch_only(problem, movable, rng)
    groups = tied_dimensions(problem, movable)
    multiples = _multiplied(problem, movable, groups, rng)
    if not groups:
        return multiples
    sizes = [arrays[g[0][0]].shape[g[0][1]] for g in groups]
    shrinkable = [_may_shrink(problem, g) for g in groups]
    plans: list[tuple[str, list[int]]] = [("all dimensions different", _distinct(sizes))]
    if any(s > 1 and ok for s, ok in zip(sizes, shrinkable, strict=True)):
        plans.append(("singletons", [1 if ok else s for s, ok in zip(sizes, shrinkable, strict=True)]))
    plans += _parities(sizes)
    twos = [2 if ok or s < 2 else s for s, ok in zip(sizes, shrinkable, strict=True)]
    plans.append(("two of everything", twos))
    found, seen = [], {tuple(sizes)}
    for label, plan in plans:
        change = _largest_accepted(problem, groups, sizes, plan)
        after = tuple(s + change.get(g[0], 0) for g, s in zip(groups, sizes, strict=True))
        if change and after not in seen:
            seen.add(after)
            found.append((label, *resized(problem, change, rng)))
    return found + multiples + extra_rank(problem, movable, rng)


def _multiplied(
    problem: Problem, movable: Sequence[bool], groups: list[tuple[Axis, ...]], rng: np.random.Generator
) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """One example with dimensions doubled that cannot grow by one: channels in groups, heads, blocks."""
    arrays = (*problem.floats, *problem.others)
    free = {axis for group in groups for axis in group}
    fixed = [(a, d) for a, x in enumerate(arrays) if movable[a] for d in range(np.ndim(x)) if (a, d) not in free]
    fixed = [axis for axis in fixed if _length(problem, axis) > 1]
    change: dict[Axis, int] = {}
    for count in (1, 2, 3):
        for group in itertools.combinations(fixed[:_MOST_AXES], count):
            lengths = {_length(problem, axis) for axis in group}
            if len(lengths) == 1 and not any(axis in change for axis in group):
                tried = {**change, **dict.fromkeys(group, lengths.pop())}
                change = tried if accepts(problem, tried) else change
    size = sum(int(np.prod(shape)) for shape in changed(problem, change))
    return [("dimensions doubled", *resized(problem, change, rng))] if change and size <= _LARGEST else []


def _length(problem: Problem, axis: Axis) -> int:
    return int(np.shape((*problem.floats, *problem.others)[axis[0]])[axis[1]])


def _shrunk(
    problem: Problem, movable: Sequence[bool], rng: np.random.Generator
) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """Large problems: every dimension small, odd and different, where the primal accepts that."""
    arrays = (*problem.floats, *problem.others)
    if sum(np.ndim(a) for a, ok in zip(arrays, movable, strict=True) if ok) > _MOST_AXES:
        return []
    groups = [g for g in tied_dimensions(problem, movable) if _may_shrink(problem, g)]
    sizes = [arrays[g[0][0]].shape[g[0][1]] for g in groups]
    plan = [min(size, 3 + 2 * k) for k, size in enumerate(sizes)]
    change = _largest_accepted(problem, groups, sizes, plan)
    left = sum(int(np.prod(shape)) for shape in changed(problem, change))
    return [("small odd dimensions", *resized(problem, change, rng))] if change and left <= _LARGEST else []


def _batch_only(
    problem: Problem, movable: Sequence[bool], rng: np.random.Generator
) -> list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
    """Large problems: only a smaller leading dimension, shared by all arrays that lead with it."""
    arrays = (*problem.floats, *problem.others)
    found = []
    for size in sorted({np.shape(a)[0] for a, ok in zip(arrays, movable, strict=True) if ok and np.ndim(a)}):
        group = [(i, 0) for i, a in enumerate(arrays) if movable[i] and np.ndim(a) and a.shape[0] == size]
        for wanted in (1, 3):
            change = dict.fromkeys(group, wanted - size)
            if wanted < size and accepts(problem, change):
                found.append((f"batch of {wanted}", *resized(problem, change, rng)))
    return found


def _distinct(sizes: list[int]) -> list[int]:
    """Larger sizes of which no two are equal, parities changed where possible: nothing square is left."""
    out: list[int] = []
    for size in sizes:
        wanted = size + 1
        while wanted in out:
            wanted += 1
        out.append(wanted)
    return out


def _parities(sizes: list[int]) -> list[tuple[str, list[int]]]:
    """Plans that lengthen some dimensions by one, so that of any two dimensions some plan moves one and not the other.

    Plan k takes the dimensions whose number (from 1) has bit k set. A stride that leaves a remainder depends on the
    difference of two sizes, and growing both together would never change it.
    """
    bits = range(len(sizes).bit_length())
    return [
        (f"some dimensions longer ({k + 1})", [s + ((i >> k) & 1) for i, s in enumerate(sizes, start=1)]) for k in bits
    ]


def _largest_accepted(
    problem: Problem, groups: list[tuple[Axis, ...]], sizes: list[int], plan: list[int]
) -> dict[Axis, int]:
    """The plan, or as many of its groups as the primal accepts one after the other."""
    everything = {axis: want - size for g, size, want in zip(groups, sizes, plan, strict=True) for axis in g}
    everything = {axis: by for axis, by in everything.items() if by}
    if not everything or accepts(problem, everything):
        return everything
    change: dict[Axis, int] = {}
    for group, size, want in zip(groups, sizes, plan, strict=True):
        tried = {**change, **dict.fromkeys(group, want - size)}
        if want != size and accepts(problem, tried):
            change = tried
    return change


def _may_shrink(problem: Problem, group: tuple[Axis, ...]) -> bool:
    """With integer arrays about (labels, indices), a dimension may be what they index: only grow those."""
    pairs = enumerate(zip(problem.other_kinds, problem.others, strict=True), len(problem.floats))
    indices = [i for i, (kind, n) in pairs if kind == "array" and np.asarray(n).dtype.kind in "iu"]
    return not indices or any(array in indices for array, _ in group)
