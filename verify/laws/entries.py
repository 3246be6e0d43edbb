"""Law: agreement, for a primal that JAX cannot differentiate: single entries against numerical differences.

Every entry of a small cotangent is compared, 32 random ones of a large one (noted), at the example and at random
points; the special points are covered by the slopes of the `numbers` law.
"""

from __future__ import annotations

import numpy as np

from verify import _precision, compare, tolerance
from verify.comparison import Query, ask
from verify.laws import agreement
from verify.richardson import Estimate
from verify.trial import Trial

_ENTRIES = 32  # entries per argument and item: each costs 17 evaluations of the primal
_ITEMS = 6


def check(trial: Trial) -> None:
    """Compare entry by entry; at a kink the one-sided slopes bound what is right."""
    if trial.autodiff is not None:
        return
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary][:_ITEMS]
    for leaf, path in enumerate(trial.problem.float_paths):
        shape = trial.floats[leaf].shape[1:]
        size = int(np.prod(shape))
        entries = np.arange(size) if size <= _ENTRIES else trial.rng.choice(size, _ENTRIES, replace=False)
        if size > _ENTRIES:
            trial.notes.append(f"`{path}` was compared with numbers at {_ENTRIES} random entries of {size}")
        queries = [Query(i, leaf, tuple(int(k) for k in np.unravel_index(j, shape))) for i in rows for j in entries]
        _judge(trial, leaf, path, queries)


def _judge(trial: Trial, leaf: int, path: str, queries: list[Query]) -> None:
    widest = compare.Entry()
    for query, estimate in zip(queries, ask(trial, queries), strict=True):
        item = trial.items[query.item]
        g = np.asarray(trial.answers.cotangents[leaf][query.item], np.float64)
        if estimate.kind == "unsettled":
            trial.left_open(agreement.LAW, path, estimate.reason, item, index=query.index, actual=float(g[query.index]))
            continue
        spread = np.asarray(_precision.unit_roundoff(trial.dtype) * np.abs(g).max(initial=0.0))
        allowed = tolerance.bound(trial.dtype, g[query.index], spread, trial.length) + 8 * estimate.error
        entry = compare.worst(g[query.index], _nearest(estimate, float(g[query.index])), allowed)
        if not entry.holds:
            trial.failed(agreement.LAW, path, item, **{**entry.fields(), "index": query.index})
            return
        widest = max(widest, entry)
    trial.passed(agreement.LAW, path, **widest.margin())


def _nearest(estimate: Estimate, actual: float) -> np.ndarray:
    """The derivative, or at a kink the admissible slope nearest to what was returned."""
    return np.asarray(estimate.value if estimate.kind == "smooth" else np.clip(actual, estimate.low, estimate.high))
