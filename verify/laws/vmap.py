"""Law: vmap = loop, for every choice of which arguments are batched.

`x.shape[0]`, `sum(axis=0)` or a hand-written batching rule inside the backward pass are right until somebody maps the
function over one more axis; per-example gradients are the usual victim.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import jax
import numpy as np

from verify import _precision, compare, tolerance
from verify.batched import quick_to_compile
from verify.problem import Arrays
from verify.reproduce import vmap_lines
from verify.trial import Trial

LAW = "vmap = loop"
_WIDTH = 3  # rows that are mapped over: differs from batch sizes 1 and 2
_MOST = 3  # arguments up to which every subset is tried; with more, all together and each alone


def check(trial: Trial) -> None:
    """Run the pullback under vmap and in a loop, in float64, in one compiled program for all subsets."""
    if not trial.subject.traceable or trial.answers64 is None:
        return
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if not rows:
        return
    rows = (rows[3:] + rows[:3])[:_WIDTH] or rows
    rows = (rows * _WIDTH)[:_WIDTH]
    floats = tuple(np.asarray(x, np.float64)[rows] for x in trial.floats)
    cotangents = tuple(np.asarray(w, np.float64)[rows] for w in trial.cotangents)
    others = _different_rows(trial, rows[0])
    subsets = list(_subsets((*trial.problem.float_owners, *trial.problem.other_owners)))
    program = jax.jit(
        lambda x, n, w: _mapped(trial, subsets, x, n, w), compiler_options=quick_to_compile(trial.entries)
    )
    try:
        with _precision.double_precision():
            mapped = jax.tree.map(np.asarray, program(floats, others, cotangents))
    except Exception as error:
        _refused(trial, rows[0], error)
        return
    looped = _looped(trial, subsets, rows, others)
    for leaf, path in enumerate(trial.problem.float_paths):
        widest = compare.Entry()
        for subset, found, expected in zip(subsets, mapped, looped, strict=True):
            allowed = _allowed(trial, rows, leaf, expected[leaf])
            entry = compare.worst(found[leaf], expected[leaf], allowed, nan_equal=True)
            if not entry.holds:
                chosen = [trial.items[row] for row in rows]
                shown = vmap_lines(trial.problem, chosen, subset, path, entry.index)
                trial.failed(LAW, path, trial.items[rows[0]], reproduce=shown, **entry.fields())
                break
            widest = max(widest, entry)
        else:
            trial.passed(LAW, path, **widest.margin())


def _different_rows(trial: Trial, row: int) -> Arrays:
    """Indices and masks for every row that is mapped over: the example's, all alike (all true), the example's."""
    stacks = []
    for kind, n in zip(trial.problem.other_kinds, trial.row(trial.others, row), strict=True):
        alike = n
        if kind == "array" and n.size:
            alike = np.ones_like(n) if n.dtype == bool else np.full_like(n, n.reshape(-1)[0])
        stacks.append(np.stack([n, alike, n]))
    return tuple(stacks)


def _mapped(trial: Trial, subsets: list[tuple[bool, ...]], xs: Arrays, ns: Arrays, ws: Arrays) -> list[Arrays]:
    """The pullback under vmap, once per subset of batched arguments; the cotangent is always batched."""

    def pull(x: Arrays, n: Arrays, w: Arrays) -> Arrays:
        return trial.subject.one(x, n, w).cotangents

    out = []
    for subset in subsets:
        axes = tuple(0 if batched else None for batched in subset)
        chosen = tuple(a if batched else a[0] for a, batched in zip((*xs, *ns), subset, strict=True))
        cut = len(xs)
        mapped = jax.vmap(pull, in_axes=(axes[:cut], axes[cut:], 0))
        out.append(mapped(chosen[:cut], chosen[cut:], ws))
    return out


def _refused(trial: Trial, row: int, error: Exception) -> None:
    """A rule that cannot be mapped fails where its primal can be; where that cannot either, the limit is noted."""
    told = f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0]}"
    item = trial.items[row]
    try:
        jax.eval_shape(jax.vmap(lambda x: trial.problem.call(x, item.others)), tuple(x[None] for x in item.floats))
    except Exception:
        trial.notes.append(f"vmap was left out: the primal does not run under it ({told})")
        return
    trial.failed(LAW, None, item, actual=told, expected="the pullback runs under vmap as its primal does")


def _looped(trial: Trial, subsets: list[tuple[bool, ...]], rows: list[int], others: Arrays) -> list[Arrays]:
    """The same, one row at a time, by the program that the other laws have compiled already."""
    items, cut = [], len(trial.floats)
    for subset in subsets:
        for k, row in enumerate(rows):
            picked = [trial.items[row if batched else rows[0]] for batched in subset[:cut]]
            floats = tuple(item.floats[leaf] for leaf, item in enumerate(picked))
            ns = tuple(n[k if batched else 0] for n, batched in zip(others, subset[cut:], strict=True))
            items.append(dataclasses.replace(trial.items[row], floats=floats, others=ns))
    found = trial.subject.answers(items, double=True).cotangents
    return [tuple(g[k * _WIDTH : (k + 1) * _WIDTH] for g in found) for k in range(len(subsets))]


def _subsets(owners: tuple[int, ...]) -> Iterator[tuple[bool, ...]]:
    """Which leaves are batched: the leaves of one argument always together, as `in_axes` of the user's call would."""
    arguments = sorted(set(owners))
    if len(arguments) <= _MOST:
        choices = [c for c in itertools.product((True, False), repeat=len(arguments)) if any(c)]
    else:
        choices = [(True,) * len(arguments), *(tuple(a == b for b in arguments) for a in arguments)]
    for choice in choices:
        batched = dict(zip(arguments, choice, strict=True))
        yield tuple(batched[owner] for owner in owners)


def _allowed(trial: Trial, rows: list[int], leaf: int, expected: np.ndarray) -> np.ndarray:
    """Rounding at the scale of the leaf: a batched contraction may sum in another order."""
    dtype = trial.internal_precision or np.dtype(np.float64)
    finer = _precision.unit_roundoff(dtype) / _precision.unit_roundoff(trial.dtype)
    scale = _precision.unit_roundoff(dtype) * float(np.abs(expected).max(initial=0.0))
    spread = scale + (finer * trial.spread[leaf][rows].max(axis=0) if trial.autodiff is not None else 0.0)
    return tolerance.bound(dtype, expected, np.broadcast_to(spread, expected.shape), trial.length)
