"""The rule returns inf or NaN, or zero after an overflow, where the right cotangent is finite."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify import _precision, comparison
from verify.diagnosis import case, precision
from verify.report import Diagnosis, Finding
from verify.trial import Trial

NAN, OVERFLOW = "nan", "overflow"

_SMALL = 1e-8  # squares vanish below 1e-19 in float32, their ratios earlier


def observed(trial: Trial, finding: Finding) -> Diagnosis | None:
    """Overflow (or underflow) where the failing point is extreme, else NaN: 0/0, log 0, inf - inf."""
    if not isinstance(finding.actual, float) or np.isfinite(finding.actual):
        return None
    reach = _reach(finding)
    d = f"d_{finding.argument}" if finding.argument else "the cotangent"
    at = f"{d} is {finding.actual} at inputs of size {reach:.3g}, where the right one is finite"
    if reach > _large(trial):
        return Diagnosis(OVERFLOW, f"{at}: something overflows, or vanishes, on the way.")
    if 0 < reach < _SMALL:
        if _wide(trial, finding, np.isfinite):
            return Diagnosis(OVERFLOW, f"{at}: something underflows on the way.")
        return Diagnosis(precision.CODE, f"{at}: they are lost beside larger terms.")  # the wider range does not help
    return Diagnosis(NAN, f"{d} is {finding.actual} where the right gradient is finite.")


def vanished(trial: Trial, finding: Finding) -> Diagnosis | None:
    """Zero in the user's dtype where float64 is right and passes through numbers that the dtype cannot hold."""
    i = case.row(trial, finding)
    if i is None or finding.actual != 0 or trial.dtype == np.float64 or not _wide(trial, finding, lambda g: g != 0):
        return None
    if trial.largest_intermediate[i] <= _precision.largest(trial.dtype):
        return None
    told = f"d_{finding.argument} is zero at inputs of size {_reach(finding):.3g}, where the right one is not"
    return Diagnosis(OVERFLOW, f"{told}: something overflows on the way.")


def elsewhere(trial: Trial, finding: Finding) -> Diagnosis | None:
    """A fault that no ordinary item shows in the user's dtype, and that makes the rule infinite at some other item."""
    if trial.autodiff is None or finding.argument not in trial.problem.float_paths:
        return None
    leaf = trial.problem.float_paths.index(finding.argument)
    sources = (trial.answers64 or trial.answers) if trial.brief else trial.answers
    ratios = comparison.with_witness(trial, sources.cotangents, trial.dtype).ratios[leaf]
    if any(item.ordinary and ratio.max(initial=0.0) > 1 for item, ratio in zip(trial.items, ratios, strict=True)):
        return None
    for i, item in enumerate(trial.items):
        actual, right = (np.asarray(a, np.float64) for a in (sources.cotangents[leaf][i], trial.witness[leaf][i]))
        counts = trial.valid[i] and not trial.mute(i, sources.cotangents) and np.isfinite(right).all()
        if counts and not np.isfinite(actual).all():
            return Diagnosis(NAN, f"d_{finding.argument} is not finite at {item.label}, where the right gradient is.")
    return None


def _reach(finding: Finding) -> float:
    arguments = jax.tree.leaves(finding.example[0] if finding.example else ())
    return float(
        max((np.abs(x).max(initial=0.0) for x in map(np.asarray, arguments) if x.dtype.kind != "b"), default=0)
    )


def _large(trial: Trial) -> float:
    """From here on exp(x)^2 overflows: 44 in float32."""
    return float(np.log(_precision.largest(trial.dtype)) / 2)


def _wide(trial: Trial, finding: Finding, holds: Callable[[Any], Any]) -> bool:
    """Whether something holds for the entry in a float64 run; also where there is none to show the contrary."""
    i = case.row(trial, finding)
    if i is None or trial.answers64 is None or trial.dtype == np.float64:
        return True
    if finding.argument not in trial.problem.float_paths or finding.index is None:
        return True
    leaf = trial.problem.float_paths.index(finding.argument)
    return bool(holds(trial.answers64.cotangents[leaf][i][finding.index]))
