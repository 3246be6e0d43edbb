"""Law: what an affine function makes of 0 is the offset that is claimed."""

from __future__ import annotations

import numpy as np

from verify import compare
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "offset"


def check(trial: LinearTrial) -> None:
    """Compare the offset of an `Affine`, entry by entry."""
    assert trial.claim is not None
    if trial.claim.offset is None:
        return
    found, right = trial.claim.offset.reshape(-1), trial.at_zero
    if found.shape != right.shape:
        told = f"The offset has {found.size} entries, and the function {right.size} outputs."
        trial.failed(LAW, "matrix.offset", None, Diagnosis("shape", told))
        return
    entry = compare.worst(found, right, trial.allowed(right, np.abs(right).max()))
    if entry.holds:
        trial.passed(LAW, "matrix.offset", entry)
    else:
        zeros = f"np.zeros({trial.probe.shape}, {trial.probe.dtype.name!r})"
        (at,) = entry.index
        trial.failed(LAW, "matrix.offset", entry, None, [f"print(fun({zeros}).reshape(-1)[{at}], matrix.offset[{at}])"])
