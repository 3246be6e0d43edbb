"""Law: agreement, for a primal that JAX cannot differentiate: single entries against numerical differences.

At the example and at random points every entry of a small cotangent is compared, 32 random ones of a large one (noted).
At special points (zeros, ties, far out) small arguments are compared whole, wherever the slopes along the entries add
up to the slope along a random direction: only there is the primal differentiable, and only there must they agree.
"""

from __future__ import annotations

import numpy as np

from verify import _precision, compare, richardson, tolerance
from verify.comparison import Query, ask
from verify.laws import agreement
from verify.laws.numbers import STOPPING
from verify.richardson import Estimate
from verify.trial import Trial

_ENTRIES = 32  # entries per argument and item
_ITEMS = 6

Known = dict[Query, Estimate]  # what the numbers have said already: every answer costs 17 evaluations of the primal


def check(trial: Trial) -> None:
    """Compare entry by entry; at a kink the one-sided slopes bound what is right."""
    if trial.autodiff is not None:
        return
    trial.notes.append("without autodiff of the primal, other shapes, vmap, second order and exactness were left out")
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary][:_ITEMS]
    sizes = [int(np.prod(x.shape[1:])) for x in trial.floats]
    known: Known = {}
    special = [int(i) for i in np.flatnonzero(trial.valid) if not trial.items[i].ordinary]
    if sum(sizes) <= 2 * _ENTRIES:
        rows += _differentiable(trial, special, known)
    elif special:
        trial.notes.append("special points were compared along random directions only: the arguments are large")
    for leaf, path in enumerate(trial.problem.float_paths):
        shape = trial.floats[leaf].shape[1:]
        size = int(np.prod(shape))
        entries = np.arange(size) if size <= _ENTRIES else trial.rng.choice(size, _ENTRIES, replace=False)
        if size > _ENTRIES:
            trial.notes.append(f"`{path}` was compared with numbers at {_ENTRIES} random entries of {size}")
        queries = [Query(i, leaf, tuple(int(k) for k in np.unravel_index(j, shape))) for i in rows for j in entries]
        _judge(trial, leaf, path, queries, known)


def _differentiable(trial: Trial, rows: list[int], known: Known) -> list[int]:
    """The rows at which the slopes along all entries are settled and add up to that along a random direction."""
    found = []
    for i in rows:
        queries = [
            Query(i, leaf, tuple(int(k) for k in index))
            for leaf, x in enumerate(trial.floats)
            for index in np.ndindex(x.shape[1:])
        ]
        slopes = _asked(trial, queries, known)
        directions = [richardson.step_scale(x[i]) * trial.rng.choice((-1.0, 1.0), x.shape[1:]) for x in trial.floats]
        xs, ns, ws = (trial.one_row(part, i) for part in (trial.floats, trial.others, trial.cotangents))
        along = trial.numbers.differences(xs, ns, ws, tuple(v[None] for v in directions))
        whole = richardson.settle(along.central[0], along.right[0], along.left[0], float(along.scale[0]), trial.unit)
        if whole.kind != "smooth" or any(slope.kind != "smooth" for slope in slopes):
            continue
        terms = [s.value * float(directions[q.leaf][q.index]) for q, s in zip(queries, slopes, strict=True)]
        errors = [s.error * abs(float(directions[q.leaf][q.index])) for q, s in zip(queries, slopes, strict=True)]
        if abs(sum(terms) - whole.value) <= 8 * (sum(errors) + whole.error):
            found.append(i)
    return found


def _asked(trial: Trial, queries: list[Query], known: Known) -> list[Estimate]:
    new = [query for query in queries if query not in known]
    if new:
        known.update(zip(new, ask(trial, new), strict=True))
    return [known[query] for query in queries]


def _judge(trial: Trial, leaf: int, path: str, queries: list[Query], known: Known) -> None:
    widest = compare.Entry()
    for query, estimate in zip(queries, _asked(trial, queries, known), strict=True):
        item = trial.items[query.item]
        g = np.asarray(trial.answers.cotangents[leaf][query.item], np.float64)
        if estimate.kind == "unsettled":
            trial.left_open(agreement.LAW, path, estimate.reason, item, index=query.index, actual=float(g[query.index]))
            continue
        scale = max(float(np.abs(g).max(initial=0.0)), float(trial.cotangent_scale[query.item]))
        spread = np.asarray(_precision.unit_roundoff(trial.dtype) * scale)
        allowed = tolerance.bound(trial.dtype, g[query.index], spread, trial.length) + 8 * estimate.error
        nearest = _nearest(estimate, float(g[query.index]))
        if trial.iterative:
            allowed = allowed + STOPPING * np.abs(nearest)
        entry = compare.worst(g[query.index], nearest, allowed)
        if not entry.holds:
            trial.failed(agreement.LAW, path, item, **{**entry.fields(), "index": query.index})
            return
        widest = max(widest, entry)
    trial.passed(agreement.LAW, path, **widest.margin())


def _nearest(estimate: Estimate, actual: float) -> np.ndarray:
    """The derivative, or at a kink the admissible slope nearest to what was returned."""
    return np.asarray(estimate.value if estimate.kind == "smooth" else np.clip(actual, estimate.low, estimate.high))
