"""Law: the backward pass is linear in its cotangent, B(2 w1 + w2) = 2 B(w1) + B(w2), B(0) = 0, B(c w) = c B(w).

Clipping, normalising or thresholding a cotangent breaks it, and probes of unit size never see that. Scalings are powers
of two, so they add no rounding of their own; the sum is allowed the rounding of its terms.
"""

from __future__ import annotations

import numpy as np

from verify import _precision, compare, tolerance
from verify.items import LARGE, SMALL, ZERO, cotangent_scale
from verify.trial import Trial

LAW = "linear in the cotangent"
_OVERFLOWS = "the rule is not finite for a cotangent of that size: something overflows on the way"


def check(trial: Trial) -> None:
    """Check additivity, homogeneity and zero at the example, in the user's dtype."""
    labels = [item.label for item in trial.items]
    if not trial.valid[:3].all() or ZERO not in labels:
        trial.notes.append("linearity in the cotangent was left out: the primal is not finite at the example")
        return
    u, scale = _precision.unit_roundoff(trial.dtype), cotangent_scale(trial.cotangents)
    for path, g in zip(trial.problem.float_paths, _precision.to_float64(trial.answers.cotangents), strict=True):
        size = 2 * np.abs(g[0]) + np.abs(g[1])
        spread = np.full(size.shape, u * float(size.max(initial=0.0)))  # cotangents mix entries: the leaf's scale
        additive = tolerance.bound(trial.dtype, size, spread, trial.length)
        cases = [(2, 2 * g[0] + g[1], additive), (labels.index(ZERO), np.zeros_like(g[0]), 0 * additive)]
        for label, factor in ((LARGE, scale), (SMALL, 1 / scale)):
            cases.append((labels.index(label), factor * g[0], factor * additive + _underflow(trial)))
        _judge(trial, path, g, cases)


def _underflow(trial: Trial) -> float:
    """Scaling down may push entries below the normal range, where spacing is absolute."""
    return 64 * _precision.smallest_normal(trial.dtype)


def _judge(trial: Trial, path: str, g: np.ndarray, cases: list[tuple[int, np.ndarray, np.ndarray]]) -> None:
    widest = compare.Entry()
    for i, expected, allowed in cases:
        entry = compare.worst(g[i], expected, allowed)
        if trial.items[i].label == LARGE and not np.isfinite(g[i]).all() and np.isfinite(expected).all():
            trial.left_open(LAW, path, _OVERFLOWS, trial.items[i], **entry.fields())
            return
        if not entry.holds:
            trial.failed(LAW, path, trial.items[i], **entry.fields())
            return
        widest = max(widest, entry)
    trial.passed(LAW, path, **widest.margin())
