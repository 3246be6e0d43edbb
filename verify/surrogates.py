"""Rules that differ from their primal on purpose: surrogate gradients of a function that is constant almost everywhere.

Where a primal maps an array entry by entry to constants (round, sign, a spike), its derivative is zero and useless, and
a rule that returns anything else is a surrogate: a straight-through estimator (the cotangent itself, perhaps masked)
or a smooth stand-in. No witness can say whether it is the one that was meant, so it is neither accepted nor rejected.
An argument of another shape than the output (a learned threshold, say) is held to its derivative of zero.
"""

from __future__ import annotations

import numpy as np

from verify.comparison import Query, ask
from verify.report import Diagnosis
from verify.trial import Trial

STRAIGHT_THROUGH, SURROGATE = "straight-through", "surrogate"
_CONSTANT = (
    "the primal is constant in `{}` wherever it is differentiable, and {}: it differs from its primal on purpose."
)
_MEANS = {
    STRAIGHT_THROUGH: "the rule returns the cotangent itself where it is not zero (a straight-through estimator)",
    SURROGATE: "the rule returns something else than zero (a surrogate gradient)",
}
_ASKED = 4  # points at which the numbers must confirm that the slope is zero


def find(trial: Trial) -> dict[int, Diagnosis]:
    """The float leaves whose cotangent is a surrogate, and what to say of each."""
    answers = trial.answers if trial.answers64 is None else trial.answers64
    found = {}
    for leaf, path in enumerate(trial.problem.float_paths):
        actual = np.asarray(answers.cotangents[leaf], np.float64)
        if np.any(trial.witness[leaf][trial.valid]) or not np.any(actual[trial.valid]):
            continue
        if len(trial.cotangents) != 1 or trial.cotangents[0].shape != actual.shape:
            continue
        if _depends_on(trial, leaf) and _zero_by_numbers(trial, actual, leaf):
            code = STRAIGHT_THROUGH if _is_cotangent(trial, actual) else SURROGATE
            found[leaf] = Diagnosis(code, _CONSTANT.format(path, _MEANS[code]))
    return found


def _zero_by_numbers(trial: Trial, actual: np.ndarray, leaf: int) -> bool:
    """Whether difference quotients vanish at ordinary points where the rule is not zero, jumps left aside."""
    flat = actual.reshape(len(trial.items), -1)
    rows = [int(i) for i in np.flatnonzero(trial.valid) if trial.items[i].ordinary and np.any(flat[i])][:_ASKED]
    largest = [np.unravel_index(int(np.argmax(np.abs(flat[i]))), actual.shape[1:]) for i in rows]
    queries = [Query(i, leaf, tuple(map(int, index))) for i, index in zip(rows, largest, strict=True)]
    slopes = [told.value for told in ask(trial, queries) if told.kind == "smooth"] if queries else []
    return bool(slopes) and not any(slopes)


def _depends_on(trial: Trial, leaf: int) -> bool:
    """Whether the primal's outputs change with this leaf alone: a constant argument has no surrogate.

    Items that all lie near one point may not show it: then it is asked at points beyond, of the other sign.
    """
    return _changes(trial, leaf, 1.0) or _changes(trial, leaf, -2.0)


def _changes(trial: Trial, leaf: int, last: float) -> bool:
    """Whether outputs differ between the items, all leaves but one held still and that of the last item rescaled."""
    assert trial.autodiff is not None
    count = len(trial.items)
    scale = np.where(np.arange(count) == count - 1, last, 1.0)

    def alone(k: int, x: np.ndarray) -> np.ndarray:
        if k == leaf:
            return np.asarray(x, np.float64) * scale.reshape(-1, *[1] * (x.ndim - 1))
        return np.broadcast_to(np.asarray(x[:1]), np.shape(x))

    floats = tuple(alone(k, x) for k, x in enumerate(trial.floats))
    others = tuple(np.broadcast_to(np.asarray(n[:1]), np.shape(n)) for n in trial.others)
    outputs = trial.autodiff.gradients(floats, others, trial.cotangents)[0]
    flat = np.concatenate([np.asarray(y, np.float64).reshape(count, -1) for y in outputs], axis=1)
    return bool(np.any((flat != flat[:1]) & np.isfinite(flat) & np.isfinite(flat[:1])))


def _is_cotangent(trial: Trial, actual: np.ndarray) -> bool:
    """Whether every entry is zero or that of the output's cotangent."""
    rows = trial.valid
    return bool(np.all((actual[rows] == 0) | (actual[rows] == np.asarray(trial.cotangents[0], np.float64)[rows])))
