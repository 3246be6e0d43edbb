"""The rule returns inf or NaN where the right cotangent is finite."""

from __future__ import annotations

import jax
import numpy as np

from verify.report import Diagnosis, Finding

NAN, OVERFLOW = "nan", "overflow"

_LARGE, _SMALL = 10.0, 1e-8  # exp overflows from 88 in float32; squares vanish below 1e-19, their ratios earlier


def observed(finding: Finding) -> Diagnosis | None:
    """Overflow (or underflow) where the failing point is extreme, else NaN: 0/0, log 0, inf - inf."""
    if not isinstance(finding.actual, float) or np.isfinite(finding.actual):
        return None
    arguments = jax.tree.leaves(finding.example[0] if finding.example else ())
    sizes = [np.abs(x).max(initial=0.0) for x in map(np.asarray, arguments) if x.dtype.kind != "b"]
    reach = float(max(sizes, default=0.0))
    d = f"d_{finding.argument}" if finding.argument else "the cotangent"
    if reach > _LARGE:
        return Diagnosis(OVERFLOW, f"{d} overflows at inputs of size {reach:.3g}, where the right one is finite.")
    if 0 < reach < _SMALL:
        return Diagnosis(OVERFLOW, f"{d} underflows at inputs of size {reach:.3g}, where the right one is finite.")
    return Diagnosis(NAN, f"{d} is {finding.actual} where the right gradient is finite.")
