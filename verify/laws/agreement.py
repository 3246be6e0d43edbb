"""Law: the rule's cotangents are those of the primal.

Every entry of every cotangent is compared with autodiff of the rule-free primal in float64. Where they differ,
numerical differences along that entry decide who is wrong; at a kink any generalised gradient is right; where nobody
can tell, the finding is inconclusive. Rules are often written *because* autodiff of the primal is NaN or inaccurate.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from verify import _precision, compare, kinks, richardson, tolerance
from verify.report import Diagnosis
from verify.trial import Trial

LAW = "agreement"

_QUERIES = 4  # entries per item and argument that the numbers are asked about, worst first
_FAR = 1e4  # inputs beyond this may overflow in a correct rule: then autodiff in the same dtype is the yardstick
_ITEMS = 6  # disagreeing items per argument that are looked into at once, until one proves the rule wrong


@dataclasses.dataclass(frozen=True)
class _Query:
    item: int
    leaf: int
    index: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class _Comparison:
    """Rule and witness in one precision: values, error over tolerance, and the tolerance itself, per leaf."""

    actual: tuple[np.ndarray, ...]
    allowed: tuple[np.ndarray, ...]
    ratios: tuple[np.ndarray, ...]
    unit: float  # unit roundoff of the precision
    judgements: dict[tuple[int, int], kinks.Judgement] = dataclasses.field(default_factory=dict)  # by leaf and item


def check(trial: Trial) -> None:
    """Compare in float64, which has the sharper eye, then in the user's dtype."""
    if trial.autodiff is None:
        _against_numbers_alone(trial)
        return
    wrong: set[int] = set()
    same = trial.dtype == np.float64
    if trial.answers64 is not None and not same:
        comparison = _compare(trial, trial.answers64.cotangents, _working_precision(trial, trial.dtype))
        wrong = _judge(trial, comparison, wrong)
    if same or not trial.brief or trial.answers64 is None:
        comparison = _compare(trial, trial.answers.cotangents, trial.dtype)
        if trial.answers64 is not None:
            comparison = _beside_peer(trial, comparison)
        wrong |= _judge(trial, comparison, wrong)
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf not in wrong:
            _record_margin(trial, comparison, leaf, path)


def _beside_peer(trial: Trial, native: _Comparison) -> _Comparison:
    """Allow a rule that is right in float64 to lose in the user's dtype what plain autodiff of the primal loses."""
    if max(ratio.max(initial=0.0) for ratio in native.ratios) <= 1:
        return native
    allowed = tuple(a + 16 * p for a, p in zip(native.allowed, trial.peer_errors, strict=True))
    ratios = tuple(_ratio(trial, g, e, a) for g, e, a in zip(native.actual, trial.witness, allowed, strict=True))
    return _Comparison(native.actual, allowed, ratios, native.unit)


def _ratio(trial: Trial, actual: np.ndarray, expected: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    ratio = compare.ratios(actual, expected, allowed)
    ratio[~trial.valid] = 0.0
    return ratio


def _record_margin(trial: Trial, native: _Comparison, leaf: int, path: str) -> None:
    """What a passing law shows: the widest margin among the entries that agreed (the others were settled apart)."""
    settled = np.where(native.ratios[leaf] <= 1, native.ratios[leaf], 0.0)
    entry = np.unravel_index(int(np.argmax(settled)), settled.shape)
    allowed = float(native.allowed[leaf][entry])
    trial.passed(LAW, path, error=float(settled[entry]) * allowed, tolerance=allowed)


def _compare(trial: Trial, cotangents: Any, dtype: Any) -> _Comparison:
    """Compare with the witness; besides `tolerance.bound`, rounding at the scale of the cotangents is allowed.

    Intermediates of that scale may cancel in a correct rule (softmax: y (g - <g, y>)).
    """
    u = _precision.unit_roundoff(dtype)
    scale = np.max(
        [np.abs(np.asarray(w, np.float64).reshape(len(w), -1)).max(axis=1) for w in trial.cotangents], axis=0
    )
    slack = tolerance.LAMBDA * np.sqrt(trial.length) * u * scale
    actual, allowed, ratios = _precision.to_float64(cotangents), [], []
    for g, expected, spread in zip(actual, trial.witness, trial.spread, strict=True):
        tol = tolerance.bound(dtype, expected, u / _precision.unit_roundoff(trial.dtype) * spread, trial.length)
        allowed.append(tol + slack.reshape(-1, *[1] * (expected.ndim - 1)))
        ratios.append(_ratio(trial, g, expected, allowed[-1]))
    return _Comparison(actual, tuple(allowed), tuple(ratios), u)


def _judge(trial: Trial, comparison: _Comparison, skip: set[int]) -> set[int]:
    """Ask the numbers about every disagreement; record failures; return the leaves that are wrong."""
    pending = {leaf: _rows(trial, comparison, leaf) for leaf in range(len(comparison.ratios)) if leaf not in skip}
    wrong: set[int] = set()
    while any(pending.values()):
        queries = [q for leaf, rows in pending.items() for i in rows[:_ITEMS] for q in _worst(comparison, leaf, i)]
        for query, estimate in zip(queries, _ask(trial, queries), strict=True):
            if query.leaf not in wrong and _verdict(trial, comparison, query, estimate):
                wrong.add(query.leaf)
        pending = {leaf: rows[_ITEMS:] for leaf, rows in pending.items() if leaf not in wrong}
    return wrong


def _rows(trial: Trial, comparison: _Comparison, leaf: int) -> list[int]:
    """The items that disagree; at other shapes than the example's a few, those that no convention explained first."""
    ratios = comparison.ratios[leaf]
    rows = [i for i in range(len(ratios)) if ratios[i].max(initial=0.0) > 1]
    if not trial.brief:
        return rows
    return sorted(rows, key=lambda i: trial.items[i].label in trial.conventions)[:_ITEMS]


def _worst(comparison: _Comparison, leaf: int, i: int) -> list[_Query]:
    """The entries of one item that disagree most."""
    ratios = comparison.ratios[leaf][i]
    flat = ratios.reshape(-1)
    order = np.argsort(-flat, kind="stable")[:_QUERIES]
    return [_Query(i, leaf, tuple(int(k) for k in np.unravel_index(j, ratios.shape))) for j in order if flat[j] > 1]


def _ask(trial: Trial, queries: list[_Query]) -> list[richardson.Estimate]:
    """Directional derivatives along single entries, by numbers."""
    rows = [q.item for q in queries]
    floats = tuple(np.asarray(x)[rows] for x in trial.floats)
    directions = tuple(np.zeros(x.shape) for x in floats)
    for k, query in enumerate(queries):
        x = floats[query.leaf][(k, *query.index)]
        directions[query.leaf][(k, *query.index)] = richardson.step_scale(np.asarray(x))
    found = trial.numbers.differences(
        floats, tuple(n[rows] for n in trial.others), tuple(w[rows] for w in trial.cotangents), directions
    )
    estimates = []
    for k, query in enumerate(queries):
        unit = float(directions[query.leaf][(k, *query.index)])
        estimate = richardson.settle(found.central[k], found.right[k], found.left[k], float(found.scale[k]))
        estimates.append(
            estimate._replace(
                value=estimate.value / unit,
                error=estimate.error / unit,
                low=estimate.low / unit,
                high=estimate.high / unit,
            )
        )
    return estimates


def _verdict(trial: Trial, comparison: _Comparison, query: _Query, estimate: richardson.Estimate) -> bool:
    """Record what one disagreement means; True when the rule is wrong."""
    leaf, i, index = query.leaf, query.item, query.index
    path, item = trial.problem.float_paths[leaf], trial.items[i]
    actual = float(comparison.actual[leaf][(i, *index)])
    expected = float(trial.witness[leaf][(i, *index)])
    allowed = float(comparison.allowed[leaf][(i, *index)])
    fields: dict[str, Any] = {"index": index, "actual": actual, "error": abs(actual - expected), "tolerance": allowed}
    if estimate.kind == "smooth":
        rounding = tolerance.LAMBDA * np.sqrt(trial.length) * comparison.unit * abs(estimate.value)
        reach = 8 * estimate.error + allowed + rounding
        rule_off, witness_off = abs(actual - estimate.value), abs(expected - estimate.value)
        if rule_off <= reach and not witness_off <= reach:
            trial.passed(LAW, path, diagnosis=Diagnosis("autodiff-inaccurate", _AUTODIFF_OFF))
            return False
        if rule_off <= reach:
            if allowed < _native_allowance(trial, leaf, i, index):
                return False  # nothing to see in the user's dtype, and too fine for the numbers in float64
            trial.left_open(LAW, path, _TOO_COARSE.format(reach), item, expected=expected, **fields)
            return False
        if not np.isfinite(actual) and not _worth_finite(trial, query, estimate.value):
            trial.left_open(LAW, path, _EXTREME, item, expected=expected, **fields)
            return False
        # smooth along one entry is not differentiable: a tie of three arguments shows along none of them
        if _convention(trial, query, actual, allowed) or _accepted_at_a_kink(trial, comparison, query):
            return False
        if not witness_off <= reach:
            expected = estimate.value
            fields["error"] = abs(actual - expected)
        trial.failed(LAW, path, item, expected=expected, **fields)
        return True
    if not np.isfinite(actual) and not np.isfinite(expected):
        trial.left_open(LAW, path, f"rule and autodiff are not finite, and {estimate.reason}", item, **fields)
        return False
    if _convention(trial, query, actual, allowed):
        return False
    return _at_a_kink(trial, comparison, query, estimate, fields)


def _accepted_at_a_kink(trial: Trial, comparison: _Comparison, query: _Query) -> bool:
    """Whether gradients nearby differ at this entry, and the rule's is a generalised one."""
    judgement = _judge_kink(trial, comparison, query)
    if not (judgement.acceptable and judgement.kinked[query.index]):
        return False
    sentence = _CONVENTION.format(trial.items[query.item].label)
    trial.passed(LAW, trial.problem.float_paths[query.leaf], diagnosis=Diagnosis("convention", sentence))
    return True


def _judge_kink(trial: Trial, comparison: _Comparison, query: _Query) -> kinks.Judgement:
    """The judgement of the query's item and leaf: one for all its entries, since it looks at the whole cotangent."""
    assert trial.autodiff is not None
    i, leaf = query.item, query.leaf
    if (leaf, i) not in comparison.judgements:
        comparison.judgements[leaf, i] = kinks.judge(
            trial.autodiff,
            (trial.row(trial.floats, i), trial.row(trial.others, i), trial.row(trial.cotangents, i)),
            leaf,
            trial.row(comparison.actual, i),
            trial.row(comparison.allowed, i),
            [q.index for q in _worst(comparison, leaf, i)],
            np.random.default_rng(i),
        )
    return comparison.judgements[leaf, i]


def _at_a_kink(
    trial: Trial, comparison: _Comparison, query: _Query, estimate: richardson.Estimate, fields: dict[str, Any]
) -> bool:
    leaf, i, index = query.leaf, query.item, query.index
    path, item = trial.problem.float_paths[leaf], trial.items[i]
    judgement = _judge_kink(trial, comparison, query)
    if judgement.acceptable:
        trial.conventions.add(item.label)
        trial.passed(LAW, path, diagnosis=Diagnosis("convention", _CONVENTION.format(item.label)))
        return False
    if judgement.acceptable is None or not np.isfinite(fields["actual"]):
        trial.left_open(LAW, path, estimate.reason or "no neighbouring point is differentiable", item, **fields)
        return False
    lowest, highest = float(judgement.low[index]), float(judgement.high[index])
    distance: float | None = max(lowest - fields["actual"], fields["actual"] - highest)
    if lowest <= fields["actual"] <= highest:
        expected: Any = "a combination of the one-sided gradients that conserves the cotangent"
        distance = None
    else:
        expected = f"between {lowest:.9g} and {highest:.9g}" if lowest < highest else lowest
    fields["error"] = distance
    trial.failed(LAW, path, item, expected=expected, **fields)
    return True


def _native_allowance(trial: Trial, leaf: int, i: int, index: tuple[int, ...]) -> float:
    expected, spread = trial.witness[leaf][(i, *index)], trial.spread[leaf][(i, *index)]
    return float(tolerance.bound(trial.dtype, expected, spread, trial.length)) / 2


def _convention(trial: Trial, query: _Query, actual: float, allowed: float) -> bool:
    """Whether JAX's own rules inside the primal (relu'(0) = 0, say) give the rule's value at a special point."""
    assert trial.autodiff is not None
    item = trial.items[query.item]
    if item.label.startswith(("the example", "random")):
        return False
    row = [
        tuple(a[None] for a in trial.row(part, query.item)) for part in (trial.floats, trial.others, trial.cotangents)
    ]
    inner = trial.autodiff.inner_gradients(*row)[query.leaf][(0, *query.index)]
    if not abs(float(inner) - actual) <= allowed:
        return False
    sentence = f"at {item.label} the rule follows JAX's own rules inside the primal."
    trial.passed(LAW, trial.problem.float_paths[query.leaf], diagnosis=Diagnosis("convention", sentence))
    return True


def _worth_finite(trial: Trial, query: _Query, value: float) -> bool:
    """Whether a finite cotangent may be asked for: the dtype holds it, and inputs are moderate or autodiff manages."""
    if not abs(value) <= _precision.largest(trial.dtype):
        return False
    item = trial.items[query.item]
    reach = max(float(np.max(np.abs(np.asarray(x, np.float64)), initial=0.0)) for x in item.floats)
    return reach <= _FAR or bool(np.isfinite(trial.peer_errors[query.leaf][query.item]).all())


def _working_precision(trial: Trial, dtype: Any) -> Any:
    """The precision in which the float64 run really computes: narrower where rule or primal cast down inside."""
    narrow = trial.internal_precision
    return np.dtype(np.float64) if narrow is None else max((narrow, dtype), key=_precision.unit_roundoff)


def _against_numbers_alone(trial: Trial) -> None:
    """Without autodiff: every entry where there are few, else random directions, against the numbers."""
    for leaf, path in enumerate(trial.problem.float_paths):
        size = int(np.prod(trial.floats[leaf].shape[1:]))
        entries = np.arange(size) if size <= 32 else trial.rng.choice(size, 32, replace=False)
        shape = trial.floats[leaf].shape[1:]
        rows = [i for i in range(len(trial.items)) if trial.valid[i]][:_ITEMS]
        queries = [_Query(i, leaf, tuple(int(k) for k in np.unravel_index(j, shape))) for i in rows for j in entries]
        _numbers_findings(trial, leaf, path, queries, whole=size <= 32)


def _numbers_findings(trial: Trial, leaf: int, path: str, queries: list[_Query], *, whole: bool) -> None:
    dtype = trial.dtype
    worst_seen, failed = (0.0, 0.0, 1.0), False
    for query, estimate in zip(queries, _ask(trial, queries), strict=True):
        g = np.asarray(trial.answers.cotangents[leaf][query.item], np.float64)
        actual = float(g[query.index])
        spread = np.asarray(_precision.unit_roundoff(dtype) * np.abs(g).max(initial=0.0))
        allowed = float(tolerance.bound(dtype, np.asarray(actual), spread, trial.length)) + 8 * estimate.error
        item = trial.items[query.item]
        if estimate.kind == "unsettled":
            trial.left_open(LAW, path, estimate.reason, item, index=query.index, actual=actual)
            continue
        low, high = (estimate.low, estimate.high) if estimate.kind == "kink" else (estimate.value, estimate.value)
        error = max(low - actual, actual - high, 0.0)
        if not error <= allowed:
            expected = estimate.value if estimate.kind == "smooth" else f"between {low:.9g} and {high:.9g}"
            fields = {"index": query.index, "actual": actual, "expected": expected}
            trial.failed(LAW, path, item, error=error, tolerance=allowed, **fields)
            failed = True
            break
        worst_seen = max(worst_seen, (error / allowed if allowed else 0.0, error, allowed))
    if not failed:
        trial.passed(LAW, path, error=worst_seen[1], tolerance=worst_seen[2])
        if not whole:
            trial.notes.append(f"`{path}` was compared with numbers at 32 random entries, not at all of them")


_AUTODIFF_OFF = "the numbers confirm the rule where autodiff of its primal is inaccurate or NaN."
_CONVENTION = "at {} the primal has a kink; the rule returns one of its generalised gradients."
_TOO_COARSE = "rule and autodiff differ by less than the numbers resolve there ({:.2g})"
_EXTREME = "the rule is not finite where autodiff in the same dtype is not either, or the dtype cannot hold the result"
