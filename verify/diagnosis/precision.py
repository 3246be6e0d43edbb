"""Right in float64, too inaccurate in the user's dtype: cancellation, or a cast to a narrower dtype inside."""

from __future__ import annotations

import numpy as np

from verify import _precision
from verify.diagnosis.case import row, view
from verify.report import Diagnosis, Finding
from verify.trial import Trial

CODE = "precision"


def observed(trial: Trial, finding: Finding) -> Diagnosis | None:
    """The float64 run agrees with the witness at the item shown, where the run in the user's dtype does not."""
    if trial.answers64 is None or trial.dtype == np.float64 or finding.argument not in trial.problem.float_paths:
        return None
    leaf = trial.problem.float_paths.index(finding.argument)
    seen, i = view(trial).ratios[leaf], row(trial, finding)
    if (seen if i is None else seen[i]).max(initial=0.0) > 1:  # elsewhere another convention may have been accepted
        return None
    told = f"d_{finding.argument} is right in float64 and {_ulps(trial, finding)} off in {trial.dtype}"
    narrow = trial.internal_precision
    if narrow is not None and _precision.unit_roundoff(narrow) > _precision.unit_roundoff(trial.dtype):
        size = _ulps(trial, finding)
        return Diagnosis(CODE, f"d_{finding.argument} is computed in {narrow}: {size} off for {trial.dtype} arguments.")
    return Diagnosis(CODE, f"{told}: cancellation.")


def _ulps(trial: Trial, finding: Finding) -> str:
    """The error in units in the last place of the right value, in the user's dtype."""
    if not (isinstance(finding.expected, float) and finding.error is not None and np.isfinite(finding.error)):
        return "more than rounding"
    size = max(abs(finding.expected), _precision.smallest_normal(trial.dtype))
    ulp = 2 * _precision.unit_roundoff(trial.dtype) * 2.0 ** np.floor(np.log2(size))
    return f"{finding.error / ulp:.2g} ulp"
