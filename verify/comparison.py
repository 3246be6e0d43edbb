"""Rule and witness side by side: values, tolerances and ratios of every entry, and the numbers' answer for some.

A `Comparison` holds one precision (the user's dtype, or float64); a `Query` is one entry of one cotangent at one item.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from verify import _precision, compare, richardson, tolerance
from verify.trial import Trial

_FAR = 1e4  # where squares and exponentials begin to leave the range of half and single precision
_QUERIES = 4  # entries per item and argument that the numbers are asked about, worst first


@dataclasses.dataclass(frozen=True)
class Query:
    """Entry `index` of the cotangent of float leaf `leaf` at item `item`."""

    item: int
    leaf: int
    index: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Rule and witness in one precision, stacked over items, one array per leaf; `unit` is its unit roundoff."""

    actual: tuple[np.ndarray, ...]
    allowed: tuple[np.ndarray, ...]
    ratios: tuple[np.ndarray, ...]
    unit: float


def with_witness(trial: Trial, cotangents: Any, dtype: Any) -> Comparison:
    """Compare with the witness; besides `tolerance.bound`, rounding at the scale of what may cancel is allowed.

    That is the scale of the cotangents to begin with, and where that does not suffice the largest intermediate.
    """
    seen = _at_scale(trial, cotangents, dtype, trial.cotangent_scale)
    if max(ratio.max(initial=0.0) for ratio in seen.ratios) <= 1:
        return seen
    wide = _at_scale(trial, cotangents, dtype, np.maximum(trial.cotangent_scale, trial.largest_intermediate))
    return _no_total_loss(trial, wide, seen.allowed)


def _at_scale(trial: Trial, cotangents: Any, dtype: Any, scale: np.ndarray) -> Comparison:
    u = _precision.unit_roundoff(dtype)
    slack = tolerance.LAMBDA * np.sqrt(trial.length) * u * scale
    actual, allowed, ratios = _precision.to_float64(cotangents), [], []
    for g, expected, spread in zip(actual, trial.witness, trial.spread, strict=True):
        tol = tolerance.bound(dtype, expected, u / _precision.unit_roundoff(trial.dtype) * spread, trial.length)
        allowed.append(tol + slack.reshape(-1, *[1] * (expected.ndim - 1)))
        ratios.append(_ratios(trial, g, expected, allowed[-1]))
    return Comparison(actual, tuple(allowed), tuple(ratios), u)


def beside_peer(trial: Trial, native: Comparison) -> Comparison:
    """Allow a rule that is right in float64 to lose in the user's dtype what plain autodiff of the primal loses."""
    if max(ratio.max(initial=0.0) for ratio in native.ratios) <= 1:
        return native
    allowed = tuple(a + 16 * p for a, p in zip(native.allowed, trial.peer_errors, strict=True))
    return _no_total_loss(trial, _allowing(trial, native, allowed), native.allowed)


def _no_total_loss(trial: Trial, seen: Comparison, strict: tuple[np.ndarray, ...]) -> Comparison:
    """Excuse no derivative of ordinary size that is lost altogether far out, where the primal itself is accurate.

    Autodiff of a careful `hypot` overflows far out, where `hypot` does not: nor may a rule. Half of the derivative is
    the most that an excuse may come to there, `strict` being what rounding itself needs.
    """
    extreme = np.asarray([item.reach > _FAR or 0 < item.reach < 1 / _FAR for item in trial.items])
    if trial.brief or not extreme.any():
        return seen
    allowed = []
    for a, s, expected in zip(seen.allowed, strict, trial.witness, strict=True):
        row = (-1, *[1] * (expected.ndim - 1))
        ordinary_size = np.abs(expected) >= 2.0**-6 * trial.cotangent_scale.reshape(row)
        capped = np.minimum(a, np.maximum(s, np.abs(expected) / 2))
        allowed.append(np.where(ordinary_size & (extreme & trial.primal_accurate).reshape(row), capped, a))
    return _allowing(trial, seen, tuple(allowed))


def _allowing(trial: Trial, seen: Comparison, allowed: tuple[np.ndarray, ...]) -> Comparison:
    ratios = tuple(_ratios(trial, g, e, a) for g, e, a in zip(seen.actual, trial.witness, allowed, strict=True))
    return Comparison(seen.actual, allowed, ratios, seen.unit)


def _ratios(trial: Trial, actual: np.ndarray, expected: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    ratio = compare.ratios(actual, expected, allowed)
    ratio[~trial.valid] = 0.0
    if trial.silenced is not None:  # 0 times infinity where an infinite output was silenced says nothing
        silent = trial.silenced.reshape(-1, *[1] * (actual.ndim - 1)) & ~np.isfinite(actual)
        ratio[silent] = 0.0
    return ratio


def worst(comparison: Comparison, leaf: int, i: int) -> list[Query]:
    """The entries of one item that disagree most."""
    ratios = comparison.ratios[leaf][i]
    flat = ratios.reshape(-1)
    # entries at which the ratio is infinite (NaN in the witness) must not crowd out those that are plainly wrong
    order = np.argsort(np.where(np.isinf(flat), -2.0, -flat), kind="stable")[:_QUERIES]
    return [Query(i, leaf, tuple(int(k) for k in np.unravel_index(j, ratios.shape))) for j in order if flat[j] > 1]


def ask(trial: Trial, queries: list[Query]) -> list[richardson.Estimate]:
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
        estimate = richardson.settle(found.central[k], found.right[k], found.left[k], float(found.scale[k]), trial.unit)
        estimates.append(
            estimate._replace(
                value=estimate.value / unit,
                error=estimate.error / unit,
                low=estimate.low / unit,
                high=estimate.high / unit,
            )
        )
    return estimates
