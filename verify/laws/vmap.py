"""Law: vmap = loop, for every choice of which arguments are batched.

`x.shape[0]`, `sum(axis=0)` or a hand-written batching rule inside the backward pass are right until somebody maps the
function over one more axis; per-example gradients are the usual victim.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from verify import _precision, compare, tolerance
from verify.problem import Arrays
from verify.trial import Trial

LAW = "vmap = loop"
_WIDTH = 3  # rows that are mapped over: differs from batch sizes 1 and 2
_SUBSETS = 7  # all subsets of three arguments; with more, all together and each alone


def check(trial: Trial) -> None:
    """Run the pullback under vmap and in a loop, in float64, in one compiled program for all subsets."""
    if not trial.subject.traceable or trial.answers64 is None:
        return
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].label.startswith(("the example", "random"))]
    if not rows:
        return
    rows = (rows[3:] + rows[:3])[:_WIDTH] or rows
    rows = (rows * _WIDTH)[:_WIDTH]
    floats = tuple(np.asarray(x, np.float64)[rows] for x in trial.floats)
    cotangents = tuple(np.asarray(w, np.float64)[rows] for w in trial.cotangents)
    others = tuple(n[rows[0]] for n in trial.others)
    subsets = list(_subsets(len(floats)))
    with _precision.double_precision():
        mapped, looped = jax.jit(lambda x, n, w: _both(trial, subsets, x, n, w))(floats, others, cotangents)
        mapped, looped = jax.tree.map(np.asarray, (mapped, looped))
    for leaf, path in enumerate(trial.problem.float_paths):
        widest = compare.Entry()
        for subset, found, expected in zip(subsets, mapped, looped, strict=True):
            allowed = _allowed(trial, rows, leaf, expected[leaf])
            entry = compare.worst(found[leaf], expected[leaf], allowed, nan_equal=True)
            if not entry.holds:
                axes = ", ".join("0" if batched else "None" for batched in subset)
                shown = (f"# jax.vmap of the pullback with in_axes=({axes}) for the arguments differs from a loop",)
                trial.failed(LAW, path, trial.items[rows[0]], reproduce=shown, **entry.fields())
                break
            widest = max(widest, entry)
        else:
            trial.passed(LAW, path, **widest.margin())


def _both(trial: Trial, subsets: list[tuple[bool, ...]], xs: Arrays, ns: Arrays, ws: Arrays) -> tuple[Any, Any]:
    def pull(x: Arrays, w: Arrays) -> Arrays:
        return trial.subject.one(x, ns, w).cotangents

    mapped, looped = [], []
    for subset in subsets:
        axes = tuple(0 if batched else None for batched in subset)
        chosen = tuple(x if batched else x[0] for x, batched in zip(xs, subset, strict=True))
        mapped.append(jax.vmap(pull, in_axes=(axes, 0))(chosen, ws))

        def one(i: Any, chosen: Arrays = chosen, subset: tuple[bool, ...] = subset) -> Arrays:
            row = tuple(x[i] if batched else x for x, batched in zip(chosen, subset, strict=True))
            return pull(row, tuple(w[i] for w in ws))

        looped.append(jax.lax.map(one, np.arange(_WIDTH)))
    return mapped, looped


def _subsets(count: int) -> Iterator[tuple[bool, ...]]:
    every = [s for s in itertools.product((True, False), repeat=count) if any(s)] if count <= 3 else []
    single = [tuple(i == j for j in range(count)) for i in range(count)]
    yield from every or [(True,) * count, *single][:_SUBSETS]


def _allowed(trial: Trial, rows: list[int], leaf: int, expected: np.ndarray) -> np.ndarray:
    """Rounding at the scale of the leaf: a batched contraction may sum in another order."""
    dtype = trial.internal_precision or np.dtype(np.float64)
    finer = _precision.unit_roundoff(dtype) / _precision.unit_roundoff(trial.dtype)
    scale = _precision.unit_roundoff(dtype) * float(np.abs(expected).max(initial=0.0))
    spread = scale + (finer * trial.spread[leaf][rows].max(axis=0) if trial.autodiff is not None else 0.0)
    return tolerance.bound(dtype, expected, np.broadcast_to(spread, expected.shape), trial.length)
