"""Law: the rule's cotangents are those of the primal.

Every entry of every cotangent is compared with autodiff of the rule-free primal in float64; what differs goes before
the court (`arbitration`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify import _precision, comparison
from verify.arbitration import wrong_leaves
from verify.trial import Trial

LAW = "agreement"


def check(trial: Trial) -> None:
    """Compare in float64, which has the sharper eye, then in the user's dtype."""
    if trial.autodiff is None:
        return  # see `entries`
    wrong: set[int] = set()
    double = trial.dtype == np.float64
    if trial.answers64 is not None and not double:
        seen = comparison.with_witness(trial, trial.answers64.cotangents, _working_precision(trial))
        wrong = wrong_leaves(trial, LAW, seen, wrong)
    if double or not trial.brief or trial.answers64 is None:
        seen = comparison.with_witness(trial, trial.answers.cotangents, trial.dtype)
        if trial.answers64 is not None:
            seen = comparison.beside_peer(trial, seen)
        wrong |= wrong_leaves(trial, LAW, seen, wrong)
    for leaf, path in enumerate(trial.problem.float_paths):
        if leaf not in wrong:
            _record_margin(trial, seen, leaf, path)


def _record_margin(trial: Trial, seen: comparison.Comparison, leaf: int, path: str) -> None:
    """What a passing law shows: the widest margin among the entries that agreed (the others were settled apart)."""
    settled = np.where(seen.ratios[leaf] <= 1, seen.ratios[leaf], 0.0)
    entry = np.unravel_index(int(np.argmax(settled)), settled.shape)
    allowed = float(seen.allowed[leaf][entry])
    trial.passed(LAW, path, error=float(settled[entry]) * allowed, tolerance=allowed)


def _working_precision(trial: Trial) -> Any:
    """The precision in which the float64 run really computes: narrower where rule or primal cast down inside."""
    narrow = trial.internal_precision
    return np.dtype(np.float64) if narrow is None else max((narrow, trial.dtype), key=_precision.unit_roundoff)
