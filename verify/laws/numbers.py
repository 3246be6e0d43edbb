"""Law: the rule's slopes are those of numerical differences.

Where rule and autodiff agree they can still both be wrong: a stop_gradient inside the primal, a library rule that both
inherit, NaN in both. Slopes <g, v> along two independent random directions v must both be off before it counts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from verify import _precision, kinks, richardson, tolerance
from verify.items import LARGE
from verify.problem import Arrays
from verify.trial import Trial

LAW = "numbers"
_FAR = 1e4
STOPPING = 1e-2  # relative differences below this may come from where an iteration stops


class _Slope(NamedTuple):
    value: float
    numbers: float
    error: float
    allowed: float

    @property
    def off(self) -> bool:
        return not self.error <= self.allowed


def check(trial: Trial) -> None:
    """Compare <g, v> with the difference quotients of <w, f(x + t v)> at every item."""
    if any(kind == "failures" for kind, _ in trial.findings):
        trial.notes.append("slopes were not compared with the numbers: the rule is wrong already")
        return
    if trial.surrogates:
        return  # slopes are not what such a rule returns; `agreement` has said so
    rounds = [_slopes(trial), _slopes(trial)]
    worst = _Slope(0.0, 0.0, 0.0, 1.0)
    failed = False
    for i, slope in rounds[0].items():
        if not slope.off:
            worst = max(worst, slope, key=lambda s: s.error / s.allowed if s.allowed else 0.0)
        elif (
            not failed and not trial.underflows[i] and i in rounds[1] and rounds[1][i].off and _differentiable(trial, i)
        ):
            failed = _report(trial, i, slope)
    if not failed:
        trial.passed(LAW, None, error=worst.error, tolerance=worst.allowed)


def _slopes(trial: Trial) -> dict[int, _Slope]:
    """Per item at which the primal is smooth along a fresh random direction: the rule's slope and the numbers'."""
    answers = trial.answers if trial.answers64 is None else trial.answers64
    gradients = _precision.to_float64(answers.cotangents)
    dtype = trial.dtype if trial.answers64 is None else (trial.internal_precision or np.float64)
    directions = tuple(_direction(np.asarray(x, np.float64), trial.rng) for x in trial.floats)
    found = trial.numbers.differences(trial.floats, trial.others, trial.cotangents, directions)
    slopes = {}
    for i in np.flatnonzero(trial.valid):
        if trial.mute(int(i), gradients):
            continue
        if trial.items[i].reach > _FAR:
            continue  # the steps there are wider than what the primal resolves: floor(x) looks like x
        if trial.unit > _precision.unit_roundoff(np.float64) and not trial.items[i].ordinary:
            continue  # a primal that casts down inside does not resolve steps around special points
        estimate = richardson.settle(found.central[i], found.right[i], found.left[i], float(found.scale[i]), trial.unit)
        if estimate.kind != "smooth":
            continue
        finite = all(np.isfinite(g[i]).all() for g in gradients)
        if not finite and (trial.items[i].label == LARGE or trial.decomposes):
            continue  # `agreement` has said what there is to say
        if not finite and trial.rests_on_overflow(trial.answers64 is not None)[i]:
            continue  # the chain rule itself gives 0 times infinity there
        with np.errstate(invalid="ignore", over="ignore"):
            terms = [v[i] * g[i] for v, g in zip(directions, gradients, strict=True)]
        value, size = sum(float(t.sum()) for t in terms), sum(float(np.abs(t).sum()) for t in terms)
        size += float(trial.cotangent_scale[i]) * max(float(np.abs(v[i]).max(initial=0.0)) for v in directions)
        rounding = tolerance.LAMBDA * np.sqrt(trial.length) * _precision.unit_roundoff(dtype) * size
        allowed = 32 * estimate.error + (rounding if size < np.inf else 0)
        if _precision.unit_roundoff(dtype) < _precision.unit_roundoff(trial.dtype):
            allowed += _native_rounding(trial, gradients, directions, int(i))
        slopes[int(i)] = _Slope(value, estimate.value, abs(value - estimate.value), allowed)
    return slopes


def _native_rounding(trial: Trial, gradients: Arrays, directions: Arrays, i: int) -> float:
    """Half of what rounding in the user's own dtype may do to the slope: there a constant of eight digits is exact."""
    if trial.autodiff is None:
        return 0.0
    return sum(
        float(np.sum(np.abs(v[i]) * tolerance.bound(trial.dtype, g[i], spread[i], trial.length))) / 2
        for g, v, spread in zip(gradients, directions, trial.spread, strict=True)
        if np.isfinite(g[i]).all()
    )


def _direction(x: np.ndarray, rng: np.random.Generator) -> Arrays:
    """Random signs and sizes, scaled entry by entry so that steps are relative to the point where it is small."""
    return richardson.step_scale(x) * rng.uniform(0.5, 1, x.shape) * rng.choice((-1.0, 1.0), x.shape)


def _differentiable(trial: Trial, i: int) -> bool:
    """Whether a smooth slope must be <g, v>: at a tie (the median of zeros) it may be smooth without a gradient."""
    if trial.items[i].ordinary:
        return True
    if trial.autodiff is None:
        return False
    point = (trial.row(trial.floats, i), trial.row(trial.others, i), trial.row(trial.cotangents, i))
    found = _precision.to_float64(trial.row(trial.answers.cotangents, i))
    rounding = tuple(np.asarray(s) for s in trial.row(trial.spread, i))
    judged = [kinks.judge(trial.autodiff, point, k, found, rounding, (), trial.rng) for k in range(len(found))]
    return not any(j.kinked.any() for j in judged)


def _report(trial: Trial, i: int, slope: _Slope) -> bool:
    item = trial.items[i]
    cancelled = tolerance.LAMBDA * np.sqrt(trial.length) * trial.unit * float(trial.largest_intermediate[i])
    if slope.error <= cancelled * max(1.0, item.reach):
        return False  # a rounding of large terms that cancel
    if trial.iterative and slope.error <= STOPPING * max(abs(slope.numbers), abs(slope.value)):
        reason = "the primal has a loop that stops by its data: its differences follow the stopping rule, not the limit"
        trial.left_open(LAW, None, reason, item, actual=slope.value, expected=slope.numbers)
        return True
    fields = {"actual": slope.value, "expected": slope.numbers, "error": slope.error, "tolerance": slope.allowed}
    trial.failed(LAW, None, item, **fields)
    return True
