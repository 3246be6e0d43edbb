"""Other shapes than the example's, found by re-tracing: which dimensions are tied together, and what else is accepted.

Every axis of every array starts as a dimension of its own. It is free when the primal still traces with it one longer;
axes of equal size that only trace when they grow together are tied (batch of inputs and labels, contracted dimensions).
What grows in no way is fixed. A fault that shows only for batch > 1 or non-square images needs another shape to show.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision, placement
from verify.problem import Problem

Axis = tuple[int, int]  # (array, axis), floats first, then the other arrays
EXTRA_RANK = "one more leading axis"
_MOST_AXES = 8  # of a large problem: finding out what is tied traces it for every few of them
_LARGEST = 4096  # entries: growing larger arrays costs time and shows nothing that small ones do not


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
    size = sum(int(np.prod(shape)) for shape in _changed(problem, change))
    return [("dimensions doubled", *resized(problem, change, rng))] if change and size <= _LARGEST else []


def _length(problem: Problem, axis: Axis) -> int:
    return int(np.shape((*problem.floats, *problem.others)[axis[0]])[axis[1]])


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
        after = _outputs(problem, widened)
        if any(chosen) and after is not None and _leads(before, after, reduced=chosen is everything):
            floats, others = _redrawn(problem, widened, rng)
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
    left = sum(int(np.prod(shape)) for shape in _changed(problem, change))
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


def accepts(problem: Problem, change: dict[Axis, int]) -> bool:
    """Whether the primal still traces, with entries to return, when the axes grow by so much."""
    outputs = _outputs(problem, _changed(problem, change))
    return bool(outputs) and all(np.prod(out.shape) > 0 for out in outputs or ())


def _changed(problem: Problem, change: dict[Axis, int]) -> list[tuple[int, ...]]:
    arrays = (*problem.floats, *problem.others)
    return [tuple(n + change.get((i, d), 0) for d, n in enumerate(np.shape(a))) for i, a in enumerate(arrays)]


def _outputs(problem: Problem, sizes: Sequence[tuple[int, ...]]) -> tuple[Any, ...] | None:
    """What comes out for arrays of these shapes, or None where the primal or the devices refuse them."""
    if not placement.divides(problem.shardings, sizes):
        return None
    arrays = (*problem.floats, *problem.others)
    structs = [jax.ShapeDtypeStruct(s, a.dtype) for a, s in zip(arrays, sizes, strict=True)]
    count = len(problem.floats)
    try:
        return problem.outputs(structs[:count], structs[count:])
    except Exception:  # whatever the primal raises for a shape is its way of refusing it
        return None


def resized(
    problem: Problem, change: dict[Axis, int], rng: np.random.Generator
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The example (floats, others) with the axes grown by so much, its entries drawn anew."""
    return _redrawn(problem, _changed(problem, change), rng)


def _redrawn(
    problem: Problem, sizes: Sequence[tuple[int, ...]], rng: np.random.Generator
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Entries of the example, drawn anew: integers and booleans stay within the values the example shows.

    Floats that all differ still do, so that ties are met where they are looked for and not everywhere.
    """

    def redraw(array: Any, shape: tuple[int, ...]) -> Any:
        if shape == np.shape(array):
            return array
        known, size = np.asarray(array).reshape(-1), int(np.prod(shape))
        if np.asarray(array).dtype.kind in "iub" or np.unique(known).size < known.size:
            return rng.choice(known, shape).astype(array.dtype)
        rounds = [rng.permutation(known) * (1 + k / 64) for k in range(-(-size // known.size))]
        drawn = np.concatenate(rounds)[:size]
        if known.size > 2 and np.all(np.diff(known.astype(np.float64)) > 0):
            drawn = np.sort(drawn)  # knots, edges: what was ascending stays so
        return drawn.reshape(shape).astype(array.dtype)

    drawn = [redraw(a, s) for a, s in zip((*problem.floats, *problem.others), sizes, strict=True)]
    return tuple(drawn[: len(problem.floats)]), tuple(drawn[len(problem.floats) :])
