"""Faults that the failing law itself names: under vmap, at second order, in a second call, in structure and dtype."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from verify import _precision, unsummed
from verify.diagnosis import precision
from verify.laws import eager, linear, numbers, second_order, structure, transformations
from verify.report import Diagnosis, Finding
from verify.trial import Trial

_TOLD = {
    **{
        law: (word, f"the rule is right on its own and wrong, or refused, under {word}.")
        for law, word in {transformations.VMAP: "vmap", **transformations.OTHERS}.items()
    },
    second_order.LAW: ("second-order", "first derivatives agree; differentiating the rule again goes wrong."),
    eager.REPEATABLE: (
        "state",
        "a second call gives another result: something is kept, or overwritten, between calls.",
    ),
    eager.REENTRANT: ("state", "a forward pass before the backward pass of another spoils it: residuals are shared."),
}
_ROUNDED = (linear.LAW, eager.JIT, eager.REENTRANT)  # what these compare differs by roundings of the inner dtype
_DTYPE = re.compile(r"(b?float\w+)")
_MANUAL = re.compile(
    r"at output\[?([\d\]\[]*\d)\]? the bwd rule .* type \w+\[[^\]]*\]\{V:\(?([\w,']+)\)?\} .* \w+\[[^\]]*\],"
)


def observed(trial: Trial, finding: Finding, codes: Mapping[str | None, str | None]) -> Diagnosis | None:
    """The law's own code; `codes` says what each argument's disagreement was put down to, if to any."""
    if finding.law == second_order.LAW and isinstance(finding.actual, float) and not math.isfinite(finding.actual):
        return Diagnosis("nan", f"the second derivative is {finding.actual} where the right one is finite.")
    narrow = trial.internal_precision
    if finding.law in _ROUNDED and narrow is not None and _coarser(narrow, trial.dtype):
        told = f"the rule computes in {narrow}, and rounds {trial.dtype} arguments to that."
        return Diagnosis(precision.CODE, told)
    if finding.law in _TOLD:
        return Diagnosis(*_TOLD[finding.law])
    if finding.law == structure.LAW:
        return _structure(finding)
    if finding.law == linear.LAW and finding.argument in trial.problem.float_paths:
        return _nonlinear(trial, finding, codes)
    if finding.law == numbers.LAW and trial.stops_gradients:
        return Diagnosis(
            "stop-gradient", "a stop_gradient in the primal cuts the derivative, on purpose or by mistake."
        )
    return None


def _coarser(narrow: Any, dtype: Any) -> bool:
    return _precision.unit_roundoff(narrow) > _precision.unit_roundoff(dtype)


def _structure(finding: Finding) -> Diagnosis:
    differing = _MANUAL.search(str(finding.actual))
    if differing:  # JAX's own words, in a shard_map that it checks
        axes = unsummed.axis_names(tuple(differing[2].replace("'", "").split(",")))
        told = f"cotangent {differing[1]} differs along mesh axis {axes} and its argument does not (a psum is missing)."
        return Diagnosis(unsummed.CODE, told)
    found, wanted = _DTYPE.match(str(finding.actual)), _DTYPE.match(str(finding.expected))
    if found and wanted and found[1] != wanted[1]:
        return Diagnosis("dtype", f"the cotangent is {found[1]} where its argument is {wanted[1]}.")
    return Diagnosis("structure", "the cotangents do not have the tree or the shapes of the arguments.")


def _nonlinear(trial: Trial, finding: Finding, codes: Mapping[str | None, str | None]) -> Diagnosis | None:
    """Ignored where something comes back for a cotangent of zero, clipped where right results fail to scale."""
    result = trial.answers.cotangents[trial.problem.float_paths.index(str(finding.argument))]
    zero = [i for i, item in enumerate(trial.items) if item.ordinary and not any(map(np.any, item.cotangents))]
    if np.any(np.asarray(result)[zero] != 0):
        return Diagnosis("cotangent-ignored", f"d_{finding.argument} does not vanish with its cotangent.")
    if codes.get(finding.argument, "cotangent-clipped") == "cotangent-clipped":
        told = f"d_{finding.argument} does not scale with its cotangent, which is clipped, capped or dropped."
        return Diagnosis("cotangent-clipped", told)
    return None
