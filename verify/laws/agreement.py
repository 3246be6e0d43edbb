"""Law: the rule's cotangents are those of the primal.

Every entry of every cotangent is compared with autodiff of the rule-free primal in float64; what differs goes before
the court (`arbitration`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify import _precision, comparison, power, surrogates, tolerance
from verify.arbitration import wrong_leaves
from verify.trial import Trial

LAW = "agreement"
_LARGE = 2048  # entries of a point
_SAMPLE = 8  # entries whose numerical derivatives are looked at


def check(trial: Trial) -> None:
    """Compare in float64, as the code says it, which has the sharper eye; then in the user's dtype, optimised."""
    if trial.autodiff is None:
        return  # see `entries`
    _set_surrogates_apart(trial)
    wrong: set[int] = set()
    if trial.answers64 is not None:
        seen = comparison.with_witness(trial, trial.answers64.cotangents, _working_precision(trial))
        wrong = wrong_leaves(trial, LAW, seen, trial.surrogates)
        _record_power(trial, seen)
    if not trial.brief or trial.answers64 is None:
        seen = comparison.with_witness(trial, trial.answers.cotangents, trial.dtype)
        if trial.answers64 is not None:
            seen = comparison.beside_peer(trial, seen)
        wrong |= wrong_leaves(trial, LAW, seen, wrong | trial.surrogates)
        if trial.answers64 is None:
            _record_power(trial, seen)
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf not in wrong | trial.surrogates:
            _record_margin(trial, seen, leaf, path)


def _set_surrogates_apart(trial: Trial) -> None:
    for leaf, told in surrogates.find(trial).items():
        trial.surrogates.add(leaf)
        trial.left_open(LAW, trial.problem.float_paths[leaf], told, trial.items[0])


def _record_margin(trial: Trial, seen: comparison.Comparison, leaf: int, path: str) -> None:
    """What a passing law shows: the widest margin among the entries that agreed (the others were settled apart)."""
    settled = np.where(seen.ratios[leaf] <= 1, seen.ratios[leaf], 0.0)
    entry = np.unravel_index(int(np.argmax(settled)), settled.shape)
    allowed = float(seen.allowed[leaf][entry])
    trial.passed(LAW, path, error=float(settled[entry]) * allowed, tolerance=allowed)


def _record_power(trial: Trial, seen: comparison.Comparison) -> None:
    """What would have been noticed at the ordinary points of the example's own shape."""
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary]
    if trial.brief or not rows:
        return
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf in trial.surrogates:
            continue
        expected, actual, allowed = (part[leaf][rows] for part in (trial.witness, seen.actual, seen.allowed))
        spread, u = trial.spread[leaf][rows], _precision.unit_roundoff(trial.dtype)
        if seen.unit < u:  # what nobody could tell in the user's own dtype is let pass
            allowed = np.maximum(allowed, tolerance.bound(trial.dtype, expected, spread, trial.length) / 2)
        found = power.of_leaf(path, expected, actual, allowed)
        if found is not None:
            finest = max(found.relative_error, _resolution(trial, seen, leaf, rows))
            trial.power.append(found._replace(relative_error=finest))


def _resolution(trial: Trial, seen: comparison.Comparison, leaf: int, rows: list[int]) -> float:
    """The relative error that the numbers, whose word a verdict needs, tell apart in the least favourable of 8 entries.

    They say "wrong" where what was returned is further from their estimate than 8 times its own error estimate, the
    tolerance and the rounding together (`arbitration`); the estimate may be off by that error once more.
    """
    shape = trial.floats[leaf].shape[1:]
    size = int(np.prod(shape))
    sample = _SAMPLE
    if trial.entries > _LARGE:  # every entry and point costs 17 evaluations of the primal
        sample, rows = 1, rows[:2]
    picked = np.random.default_rng(0).choice(size, min(size, sample), replace=False)
    indices = [tuple(int(k) for k in np.unravel_index(j, shape)) for j in picked]
    queries = [comparison.Query(i, leaf, index) for index in indices for i in rows]
    hidden = np.full(len(queries), np.inf)
    roundings = 2 * tolerance.LAMBDA * np.sqrt(trial.length) * seen.unit
    for k, (query, told) in enumerate(zip(queries, comparison.ask(trial, queries), strict=True)):
        allowed = seen.allowed[leaf][(query.item, *query.index)]
        if told.kind == "smooth" and told.value != 0:
            hidden[k] = (9 * told.error + allowed) / abs(told.value) + roundings
    finest = hidden.reshape(len(indices), len(rows)).min(axis=1)
    return float(finest[np.isfinite(finest)].max(initial=0.0))


def _working_precision(trial: Trial) -> Any:
    """The precision in which the float64 run really computes: narrower where rule or primal cast down inside."""
    narrow = trial.internal_precision
    return np.dtype(np.float64) if narrow is None else max((narrow, trial.dtype), key=_precision.unit_roundoff)
