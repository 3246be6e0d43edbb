"""Law: the derivative of the derivative is right too.

With B_a the cotangent that the rule returns for argument a, and fresh tangents v (never the primals again: a fault at
x = 0 would vanish), the gradients of <B_a(x, w), v> with respect to every argument and to w are compared with the same
of the rule-free primal. A stop_gradient on a residual leaves first order untouched and is found here; the finding names
the cotangent whose derivative is wrong, and by which argument.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify import _precision, compare, richardson, tolerance
from verify.batched import Batched
from verify.laws import agreement
from verify.problem import Arrays
from verify.reproduce import second_order_lines
from verify.subject import RuleSubject
from verify.trial import Trial
from verify.witness import FloatFunction, inner_product, like

LAW = "second order"
_POINTS = 4
_ROUNDOFF = _precision.unit_roundoff(np.float64)
# Two correct formulas for a second derivative may differ by what one of them cancels: (x cos x - sin x) / x^2 loses two
# powers of x twice. Ten bits cover |x| > 0.1, and a second-order fault is never that small.
_LOST = 2.0**10
# where the branch that a selection does not take may overflow
_FAR_OUT = ("saturated", "far out", "far above", "far below")
_SEPARATE = 6  # arguments up to which every cotangent is differentiated on its own


def check(trial: Trial) -> None:
    """Compare in float64 at a few ordinary points; a rule without second derivatives is noted, not failed."""
    if trial.autodiff is None or trial.answers64 is None or not isinstance(trial.subject, RuleSubject):
        return
    if any(kind == "failures" and finding.law == agreement.LAW for kind, finding in trial.findings):
        trial.notes.append("second order was left out: the first order is wrong already")
        return
    rows = _rows(trial)
    if not rows:
        trial.notes.append("second order was left out: the primal is not finite at ordinary points")
        return
    plan = _plan(trial, rows)
    picked = [i for i, _ in plan]
    xs, ws = (tuple(np.asarray(a, np.float64)[picked] for a in part) for part in (trial.floats, trial.cotangents))
    ns = tuple(n[picked] for n in trial.others)
    vs = _directions(trial, plan)
    points = (*xs, *ws, *vs)
    stacks = [points, *tolerance.jittered(points, np.float64, trial.rng)]
    joined = tuple(np.concatenate(leaves) for leaves in zip(*stacks, strict=True))
    cuts = (len(xs), len(xs) + len(ws))
    others = tuple(np.concatenate([n] * len(stacks)) for n in ns)
    witness = Batched(_second(trial.autodiff.call), trial.entries, double=True)
    values = witness(joined[: cuts[0]], others, joined[cuts[0] : cuts[1]], joined[cuts[1] :])
    try:
        found = Batched(_second(trial.problem.call), trial.entries, double=True)(xs, ns, ws, vs)
    except Exception as error:
        first = (str(error).strip().splitlines() or ["no message"])[0]
        trial.notes.append(f"second order was left out: the rule cannot be differentiated again ({first})")
        return
    coarser = max(1.0, _LOST * _precision.unit_roundoff(trial.internal_precision or np.float64) / _ROUNDOFF)
    names = [*trial.problem.float_paths, *(f"the cotangent of output {k}" for k in range(len(ws)))]
    for leaf, name in enumerate(names):
        expected, *moved = values[leaf].reshape(len(stacks), len(plan), *values[leaf].shape[1:])
        spread = coarser * tolerance.spread(expected, np.stack(moved), np.float64)
        scale = coarser * _ROUNDOFF * np.abs(expected).reshape(len(plan), -1).max(axis=1, initial=0.0)
        # sums of opposite signs cancel here: every entry is allowed the rounding of its leaf's largest
        spread = spread + scale.reshape(-1, *[1] * (expected.ndim - 1))
        allowed = tolerance.bound(np.float64, expected, spread, trial.length**2)
        _compare(trial, plan, vs, leaf, name, found[leaf], expected, allowed)


def _plan(trial: Trial, rows: list[int]) -> list[tuple[int, int | None]]:
    """(item, argument whose cotangent is differentiated); with many arguments all of them at once (None)."""
    count = len(trial.floats)
    return [(i, a) for a in (range(count) if count <= _SEPARATE else (None,)) for i in rows]


def _directions(trial: Trial, plan: list[tuple[int, int | None]]) -> Arrays:
    vs = []
    for leaf, x in enumerate(trial.floats):
        shape = (len(plan), *x.shape[1:])
        v = trial.rng.choice((-1.0, 1.0), shape) * trial.rng.uniform(0.5, 1.0, shape)
        chosen = np.asarray([a is None or a == leaf for _, a in plan])
        vs.append(v * chosen.reshape(-1, *[1] * (x.ndim - 1)))
    return tuple(vs)


def _rows(trial: Trial) -> list[int]:
    """Ordinary points, since second derivatives at kinks are a convention squared; far out they must be finite."""
    valid = [int(i) for i in np.flatnonzero(trial.valid)]
    ordinary = [i for i in valid if trial.items[i].ordinary]
    chosen = (ordinary[3:6] + ordinary[:1])[:_POINTS] or ordinary  # random points, then the example
    return chosen + [i for i in valid if trial.items[i].label in _FAR_OUT] if chosen else []


def _second(call: FloatFunction) -> Callable[..., Arrays]:
    def one(xs: Arrays, ns: Arrays, ws: Arrays, vs: Arrays) -> Arrays:
        def slope(x: Arrays, w: Arrays) -> Any:
            y, pullback = jax.vjp(lambda *leaves: call(leaves, ns), *x)
            return inner_product(pullback(like(w, y)), vs)

        by_x, by_w = jax.grad(slope, argnums=(0, 1))(tuple(xs), tuple(ws))
        return (*by_x, *by_w)

    return one


def _by_numbers(trial: Trial, i: int, v: Arrays, leaf: int, index: tuple[int, ...]) -> richardson.Estimate:
    """The derivative of <B(x, w), v> by one entry of x (or of w, for leaves beyond x), from the rule's own B."""
    item = trial.items[i]
    points = [np.asarray(a, np.float64) for a in (*item.floats, *item.cotangents)]
    unit = float(richardson.step_scale(points[leaf][index]))
    moved = []
    for t in (0.0, *richardson.STEPS, *-richardson.STEPS):
        copies = [np.array(p) for p in points]
        copies[leaf][index] += t * unit
        count = len(item.floats)
        moved.append(dataclasses.replace(item, floats=tuple(copies[:count]), cotangents=tuple(copies[count:])))
    answers = trial.subject.answers(moved, double=True).cotangents
    sums = sum((np.asarray(g) * u).reshape(len(moved), -1).sum(axis=1) for g, u in zip(answers, v, strict=True))
    size = sum(float(np.abs(np.asarray(g[0]) * u).sum()) for g, u in zip(answers, v, strict=True))
    base, ahead, behind = sums[0], *np.split(np.asarray(sums)[1:], 2)
    right, left = (ahead - base) / richardson.STEPS, (base - behind) / richardson.STEPS
    unit_roundoff = _precision.unit_roundoff(trial.internal_precision or np.float64)
    estimate = richardson.settle((right + left) / 2, right, left, size, unit_roundoff)
    return estimate._replace(value=estimate.value / unit, error=estimate.error / unit)


def _compare(
    trial: Trial,
    plan: list[tuple[int, int | None]],
    vs: Arrays,
    leaf: int,
    by: str,
    found: np.ndarray,
    expected: np.ndarray,
    allowed: np.ndarray,
) -> None:
    """One finding per cotangent that was differentiated: by the argument (or output cotangent) called `by`."""
    for argument in dict.fromkeys(a for _, a in plan):
        name = "all cotangents" if argument is None else trial.problem.float_paths[argument]
        widest = compare.Entry()
        for k, (i, a) in enumerate(plan):
            if a != argument or not np.isfinite(expected[k]).all():
                continue
            if not trial.items[i].ordinary and np.isfinite(found[k]).all():
                continue
            entry = compare.worst(found[k], expected[k], allowed[k])
            if entry.holds:
                widest = max(widest, entry)
                continue
            direction = tuple(v[k] for v in vs)
            estimate = _by_numbers(trial, i, direction, leaf, entry.index)
            if abs(entry.actual - estimate.value) <= 8 * estimate.error + entry.tolerance:
                continue  # it is autodiff of the primal that is inaccurate here
            argument_name = f"{name}, differentiated by {by}"
            if estimate.kind != "smooth":
                trial.left_open(LAW, argument_name, estimate.reason, trial.items[i], **entry.fields())
            else:
                shown = second_order_lines(trial.problem, trial.items[i], direction)
                trial.failed(LAW, argument_name, trial.items[i], reproduce=shown, **entry.fields())
            break
        else:
            trial.passed(LAW, f"{name}, differentiated by {by}", **widest.margin())
