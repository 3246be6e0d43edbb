"""Law: the derivative of the derivative is right too.

For fresh tangents v (never the primals again: a second-order fault at x = 0 would vanish), the gradient of
s(x, w) = <B(x, w), v> with respect to x and w is compared with the same of the rule-free primal. A stop_gradient
on a residual leaves first order untouched and is found here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify import _precision, compare, tolerance
from verify.batched import Batched
from verify.problem import Arrays
from verify.subject import RuleSubject
from verify.trial import Trial
from verify.witness import FloatFunction, inner_product

LAW = "second order"
_POINTS = 4


def check(trial: Trial) -> None:
    """Compare in float64 at a few ordinary points; a rule without second derivatives is noted, not failed."""
    if trial.autodiff is None or trial.answers64 is None or not isinstance(trial.subject, RuleSubject):
        return
    rows = _rows(trial)
    if not rows:
        trial.notes.append("second order was left out: the primal is not finite at ordinary points")
        return
    xs, ws = (tuple(np.asarray(a, np.float64)[rows] for a in part) for part in (trial.floats, trial.cotangents))
    ns = tuple(n[rows] for n in trial.others)
    vs = tuple(trial.rng.choice((-1.0, 1.0), x.shape) * trial.rng.uniform(0.5, 1.0, x.shape) for x in xs)
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
    dtype = trial.internal_precision or np.dtype(np.float64)
    coarser = _precision.unit_roundoff(dtype) / _precision.unit_roundoff(np.float64)
    names = [*trial.problem.float_paths, *(f"the cotangent of output {k}" for k in range(len(ws)))]
    for leaf, name in enumerate(names):
        expected, *moved = values[leaf].reshape(len(stacks), len(rows), *values[leaf].shape[1:])
        spread = coarser * tolerance.spread(expected, np.stack(moved), np.float64)
        _compare(trial, rows, name, found[leaf], expected, spread, dtype)


def _rows(trial: Trial) -> list[int]:
    """Ordinary points only: second derivatives at kinks are a convention squared."""
    ordinary = [
        int(i)
        for i in np.flatnonzero(trial.valid)
        if trial.items[i].label.startswith("random") or trial.items[i].label == "the example"
    ]
    return ordinary[::-1][:_POINTS]


def _second(call: FloatFunction) -> Callable[..., Arrays]:
    def one(xs: Arrays, ns: Arrays, ws: Arrays, vs: Arrays) -> Arrays:
        def slope(x: Arrays, w: Arrays) -> Any:
            pullback = jax.vjp(lambda *leaves: call(leaves, ns), *x)[1]
            return inner_product(pullback(tuple(w)), vs)

        by_x, by_w = jax.grad(slope, argnums=(0, 1))(tuple(xs), tuple(ws))
        return (*by_x, *by_w)

    return one


def _compare(
    trial: Trial, rows: list[int], name: str, found: np.ndarray, expected: np.ndarray, spread: np.ndarray, dtype: Any
) -> None:
    """Entry by entry, allowing every entry the rounding of its leaf's largest (sums of opposite signs cancel here)."""
    widest = compare.Entry()
    for k, i in enumerate(rows):
        if not np.isfinite(expected[k]).all():
            continue
        scale = _precision.unit_roundoff(dtype) * float(np.abs(expected[k]).max(initial=0.0))
        entry = compare.worst(
            found[k], expected[k], tolerance.bound(dtype, expected[k], spread[k] + scale, trial.length**2)
        )
        if not entry.holds:
            shown = ("# d/dx <backward(x, w), v> of the rule differs from the same of its primal without the rule",)
            trial.failed(LAW, name, trial.items[i], reproduce=shown, **entry.fields())
            return
        widest = max(widest, entry)
    trial.passed(LAW, name, **widest.margin())
