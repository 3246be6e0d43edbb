"""Law: on small integers the cotangents of a piecewise-polynomial rule are exact, bit for bit.

Where the primal is made of sums, products, selections and maxima with integer constants, every intermediate on integer
inputs is an integer, and float arithmetic on integers is exact below 2^(mantissa bits). A bound on every intermediate
of the rule and of its witness is computed first, from the programs (`magnitude.bound`); only below it is equality
asked for.

Where rule and witness are polynomials (no maximum, selection or comparison of what depends on the inputs), a difference
of degree d that is not zero vanishes in k independent trials with entries from m integers with probability at most
(d / m)^k (Schwartz 1980; Zippel 1979): the bound on accepting a wrong rule that the finding states. A piecewise rule
gets no such bound. Integer arguments and static options stay as in the example.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import numpy as np

from verify import _precision, compare, kinks, magnitude
from verify.items import Item
from verify.problem import Arrays
from verify.report import Diagnosis
from verify.trial import Trial

LAW = "exact on integers"
_TRIALS = 6
_LARGEST = 8  # entries from -8 to 8; halved until every intermediate is below the mantissa


def check(trial: Trial) -> None:
    """Compare with `==` in the user's dtype; noted where the rule is not polynomial or the integers would overflow."""
    if trial.autodiff is None or not trial.subject.traceable:
        return
    plan = _plan(trial)
    if isinstance(plan, str):
        trial.notes.append(f"no exact integer test: {plan}")
        return
    top, bound = plan
    unit = bound.unit
    items = [_integer_item(trial, top, unit) for _ in range(_TRIALS)]
    answers = trial.subject.answers(items)
    floats = tuple(np.stack([i.floats[k] for i in items]) for k in range(len(items[0].floats)))
    others = tuple(np.stack([i.others[k] for i in items]) for k in range(len(items[0].others)))
    duals = tuple(np.stack([i.cotangents[k] for i in items]) for k in range(len(items[0].cotangents)))
    expected = trial.autodiff.gradients(floats, others, duals)[1]
    rational = [k for k in range(len(items)) if any(np.any(g[k] != np.round(g[k])) for g in expected)]
    if rational:
        trial.notes.append("no exact integer test: the derivative is not an integer on integers")
        return
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf in trial.surrogates:
            continue
        _judge(trial, items, leaf, path, answers.cotangents, expected, _chance(bound, top))


def _plan(trial: Trial) -> tuple[int, magnitude.Bound] | str:
    """Range of the integers and what is known of both programs there: or the reason why there is no exact test."""
    if any(domain is not None and domain.limited for domain in trial.domains):
        return "the domain of an argument is limited"
    item = trial.items[0]

    def reverse(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        pullback = jax.vjp(lambda *x: trial.autodiff.call(x, ns), *xs)[1]  # type: ignore[union-attr]
        return pullback(ws)

    def rule(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
        return trial.subject.one(xs, ns, ws).cotangents

    programs = [jax.make_jaxpr(f)(item.floats, item.others, item.cotangents) for f in (reverse, rule)]
    limit = 1.0 / _precision.unit_roundoff(trial.dtype)
    counts = (len(item.floats), len(item.others), len(item.cotangents))
    top = _LARGEST
    while top >= 1:
        found = [magnitude.bound(p, counts, top, item.others) for p in programs]
        bounds = [f for f in found if not isinstance(f, str)]
        if len(bounds) < len(found):
            return next(f for f in found if isinstance(f, str))
        unit = math.lcm(*(b.unit for b in bounds))
        largest = max(b.largest for b in bounds) * unit
        if largest < limit:
            degree, polynomial = max(b.degree for b in bounds), all(b.polynomial for b in bounds)
            return top, magnitude.Bound(largest, degree, unit, polynomial)
        top //= 2
    return f"intermediates would exceed the {trial.dtype} mantissa"


def _integer_item(trial: Trial, top: int, unit: int) -> Item:
    item = trial.items[0]
    floats = tuple(trial.rng.integers(-top, top + 1, np.shape(x)).astype(x.dtype) for x in item.floats)
    duals = tuple((unit * trial.rng.integers(-top, top + 1, np.shape(w))).astype(w.dtype) for w in item.cotangents)
    return dataclasses.replace(item, label="small integers", floats=floats, cotangents=duals)


def _chance(bound: magnitude.Bound, top: int) -> str:
    """What the trials prove about a wrong rule, in words."""
    if not bound.polynomial:
        return "piecewise, so there is no bound on missing a wrong piece"
    share = bound.degree / (2 * top + 1)
    if not 0 < share < 1:
        return (
            f"degree {bound.degree} is too high for {2 * top + 1} integers to bound the chance of missing a wrong rule"
        )
    return f"a wrong polynomial of degree {bound.degree} passes with probability <= {share**_TRIALS:.1e}"


def _judge(trial: Trial, items: list[Item], leaf: int, path: str, found: Any, expected: Arrays, proves: str) -> None:
    excused = 0
    for k, item in enumerate(items):
        row = tuple(np.asarray(g[k], np.float64) for g in found)
        entry = compare.worst(row[leaf], expected[leaf][k], 0.0)
        if entry.holds:
            continue
        acceptable = _at_a_tie(trial, item, leaf, row, entry)
        if acceptable is None:
            trial.left_open(LAW, path, "the primal is not finite around these integers", item, **entry.fields())
            return
        if not acceptable:
            trial.failed(LAW, path, item, **entry.fields())
            return
        excused += int(np.sum(row[leaf] != expected[leaf][k]))
    kinks_met = "" if not excused else f" except for {excused} entries at kinks, where the rule has its own convention"
    sentence = f"equal bit for bit in {len(items)} trials{kinks_met}; {proves}."
    trial.passed(LAW, path, error=0.0, tolerance=0.0, diagnosis=Diagnosis("exact", sentence))


def _at_a_tie(trial: Trial, item: Item, leaf: int, found: Arrays, entry: compare.Entry) -> bool | None:
    """Small integers are full of ties and zeros: there another valid choice than autodiff's is no fault."""
    assert trial.autodiff is not None
    point = (_precision.to_float64(item.floats), item.others, _precision.to_float64(item.cotangents))
    exact = tuple(np.zeros(g.shape) for g in found)
    return kinks.judge(trial.autodiff, point, leaf, found, exact, [entry.index], trial.rng).acceptable
