"""What is wrong with a wrong cotangent: named faults are tried on it, and the one that explains it is reported.

A code is stable: machines may rely on it. One file per fault, all of one shape: `CODE`, and `candidates(case)`, which
yields what the fault would have returned. A candidate is given as the diagnosis if it equals what the rule returned, to
rounding, at every ordinary item where the rule is wrong, and again at fresh random inputs; if none does, none is given.

    code                  the cotangent that was returned is
    conjugate             the complex conjugate of the right one
    sign                  minus the right one (everywhere, or wherever it is wrong)
    zero                  zero
    mesh-sum              not summed over an axis of the mesh of devices, summed twice, or averaged
    constant-factor       a fixed multiple: 2, 1/2, N, 1/N (mean for sum), or the value of a scalar argument
    wrong-side            right for x < c where x > c, and the reverse
    other-argument        that of another argument
    kernel-not-flipped    reversed along axes, or that for a reversed kernel
    stride-ignored        that for windows, slices or spread entries one step apart
    dilation-ignored      that for windows whose taps lie side by side, or one step per dilation apart
    shifted               off by k along an axis
    padding-off-by-one    that for windows, or padding, that begin one entry earlier or later
    transposed            transposed, or that for a transposed argument or cotangent, or J w for J' w
    derivative-at-output  f'(f(x)) for f'(x)
    diagonal-only         the diagonal of the Jacobian times the cotangent
    sum-over-axis         summed once too often, or not at all
    cotangent-ignored     that for cotangents of one, or with one output's cotangent left out
    cotangent-clipped     that for a clipped, capped or thresholded cotangent
    ties-duplicated       at a tie, the whole cotangent for every winner
    overflow, nan         not finite where the right one is, at extreme inputs or elsewhere
    precision             right in float64 and inaccurate in the user's dtype
    batch-dependent       right at the example's shape, wrong at another, and none of the above

and by the law that fails: `vmap`, `scan`, `remat`, `second-order`, `state` (kept between calls), `dtype`, `structure`,
`stop-gradient` (in the primal), `sharding` (a cotangent that is not laid out on its devices as its argument is).

What is neither accepted nor rejected has the code `inconclusive`, or `straight-through` or `surrogate` where a rule
differs on purpose from a primal that is constant almost everywhere (`verify.surrogates`).

To add a fault: write its file, put it into `FITTED` at its place (the first that fits is reported, so the more specific
comes first), and add a rule with it and one without it to tests/verify/diagnosis.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType

import numpy as np

from verify.diagnosis import (
    by_law,
    conjugate,
    constant_factor,
    cotangent_clipped,
    cotangent_ignored,
    derivative_at_output,
    diagonal_only,
    dilation_ignored,
    kernel_not_flipped,
    mesh_sum,
    not_finite,
    other_argument,
    padding_off_by_one,
    precision,
    shifted,
    sign,
    stride_ignored,
    sum_over_axis,
    ties_duplicated,
    transposed,
    wrong_side,
    zero,
)
from verify.diagnosis.case import Candidate, Case, make, view
from verify.items import Item
from verify.laws import agreement
from verify.report import Diagnosis, Finding
from verify.subject import RuleError
from verify.trial import Trial

FITTED: tuple[ModuleType, ...] = (
    cotangent_clipped,
    conjugate,
    sign,
    zero,
    mesh_sum,  # with several devices only
    constant_factor,
    wrong_side,
    other_argument,
    sum_over_axis,
    kernel_not_flipped,
    stride_ignored,
    dilation_ignored,
    shifted,
    padding_off_by_one,  # where there is nothing in the padding's way, it is a shift
    transposed,
    derivative_at_output,
    diagonal_only,
    cotangent_ignored,
)
Codes = Mapping[str | None, str | None]  # by argument; None for a disagreement that no fault explained

BATCH_DEPENDENT = "batch-dependent"

_DISCRIMINATING = 2  # wrong entries at least: one can be explained by any ratio


def explain(trial: Trial, fresh: Callable[[], list[Item]], before: Codes | None) -> None:
    """Give the trial's failures their diagnoses, where one fits; nothing is computed where nothing failed.

    Args:
        trial: with its findings; failures are replaced by copies with a diagnosis.
        fresh: makes items that the trial has not seen.
        before: at another shape than the example's, what `so_far` makes of the findings until then; else None.
    """
    again: list[Trial] = []

    def retrial() -> Trial:
        if not again:
            again.append(dataclasses.replace(trial, items=fresh(), findings=[], notes=[], rng=np.random.default_rng(1)))
        return again[0]

    codes: dict[str | None, str | None] = {}
    told: list[tuple[str, Finding]] = []
    for kind, finding in trial.findings:  # the agreement law comes first: what it shows helps with the others
        if kind == "failures" and finding.diagnosis is None:
            found = _explained(trial, finding, retrial, before, codes)
            if finding.law == agreement.LAW:
                codes[finding.argument] = found.code if found else None
            if found is not None:
                finding = dataclasses.replace(finding, diagnosis=found)
        told.append((kind, finding))
    trial.findings[:] = told


def so_far(found: Iterable[tuple[str, Finding]]) -> dict[str | None, str | None]:
    """The code of every argument that disagreed at earlier shapes, None for one that no fault explained."""
    codes: dict[str | None, str | None] = {}
    for kind, finding in found:
        code = finding.diagnosis.code if finding.diagnosis else None
        if kind == "failures" and finding.law == agreement.LAW and code != BATCH_DEPENDENT:
            codes.setdefault(finding.argument, code)
    return codes


def _explained(
    trial: Trial,
    finding: Finding,
    retrial: Callable[[], Trial],
    before: Codes | None,
    codes: Codes,
) -> Diagnosis | None:
    if finding.law != agreement.LAW:
        return by_law.observed(trial, finding, codes) or not_finite.observed(trial, finding)
    # small shapes tell few faults apart: what did not explain the example explains nothing
    only = None if before is None or finding.argument not in before else before[finding.argument]
    known = before is not None and finding.argument in before
    found = not_finite.observed(trial, finding)
    if found is not None and known and found.code != only:
        return None  # a sum over nothing may give NaN whatever the fault
    comparable = trial.autodiff is not None and finding.argument in trial.problem.float_paths
    if found is None and comparable and not (known and only is None):
        leaf = trial.problem.float_paths.index(str(finding.argument))
        found = not_finite.vanished(trial, finding) or precision.observed(trial, finding)
        found = found or _fitted(trial, leaf, retrial, only) or ties_duplicated.observed(trial, finding)
        found = found or not_finite.elsewhere(trial, finding)
    if found is None and before is not None and not known:
        found = Diagnosis(BATCH_DEPENDENT, "right at the example's shape, wrong at the shape shown.")
    return found


def _fitted(trial: Trial, leaf: int, retrial: Callable[[], Trial], only: str | None) -> Diagnosis | None:
    """The first candidate (of the fault `only`, if given) that fits the trial's items and fresh ones."""
    case = make(trial, leaf, view(trial))
    if case is None or not np.any(np.abs(case.actual - case.right) > 4 * case.allowed):
        return None
    confirmed: Case | None = None
    for code, candidate in _candidates(case):
        if only not in (None, code) or not _fits(case, candidate):
            continue
        try:
            confirmed = confirmed or make(retrial(), leaf, view(retrial()))
        except RuleError:  # it has run before: what it does now is another law's business
            return None
        if confirmed is not None and _fits(confirmed, candidate):
            return Diagnosis(code, candidate.sentence)
    return None


def _candidates(case: Case) -> Iterator[tuple[str, Candidate]]:
    """Those that explain whole cotangents first."""
    partial = []
    for fault in FITTED:
        for candidate in fault.candidates(case):
            if candidate.partly:
                partial.append((fault.CODE, candidate))
            else:
                yield fault.CODE, candidate
    yield from partial


def _fits(case: Case, candidate: Candidate) -> bool:
    produced = candidate.produce(case)
    if produced is None or produced.shape != case.actual.shape:
        return False
    wrong = case.wrong if candidate.partly else np.ones(case.wrong.shape, bool)
    return int(case.wrong.sum()) >= _DISCRIMINATING and bool(case.close(produced)[wrong].all())
