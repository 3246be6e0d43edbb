"""Rules that differ from their primal on purpose, and what they must do all the same.

    straight-through   the cotangent comes back as it is, or zero where it is masked
    clipped            the right cotangent, drawn towards zero where it is large, untouched where it is small

Such a rule is declared, `allow={"name": "straight-through"}`, and held to that; where nobody declared it, it is told
that the rule differs from its primal, which is neither accepted nor rejected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from verify import _precision, comparison, problem, surrogates
from verify.items import SMALL
from verify.laws import agreement, second_order
from verify.report import Diagnosis, Finding
from verify.trial import Trial

CLIPPED = "clipped"
NAMES = (surrogates.STRAIGHT_THROUGH, CLIPPED)
_SINGULAR = "rule and autodiff are not finite there: the primal has no derivative at that point"
_CONSTANT = "the primal is constant there, first derivative and all, and the rule's second derivative is not zero"
_OTHER_SHAPE = "`{}` has another shape than the output: nothing was declared of it, so its gradient was not checked."
_DECLARE = "if that is meant, say allow={{{!r}: {!r}}}, and the rule is held to that"


def check(trial: Trial, declared: str) -> None:
    """Hold a rule to the behaviour that was declared for it; what was not declared of an argument stays open."""
    law = f"declared {declared}"
    for leaf, path in enumerate(trial.problem.float_paths):
        if declared == surrogates.STRAIGHT_THROUGH and not _alike(trial, leaf):
            trial.left_open(law, path, _OTHER_SHAPE.format(path))  # a scale or a threshold
            continue
        told = (_passes_through if declared == surrogates.STRAIGHT_THROUGH else _clips)(trial, leaf)
        if told is None:
            trial.passed(law, path)
        else:
            item, sentence = told
            trial.failed(law, path, trial.items[item], actual=sentence, expected=declared)


def reclassified(trial: Trial, name: str) -> bool:
    """Turn the failures of a rule that clips into one finding that says so; True if that is what it does."""
    failed = [finding for kind, finding in trial.findings if kind == "failures"]
    disagrees = {f.argument for f in failed if f.law in (agreement.LAW, "linear in the cotangent")}
    if not disagrees or any(_clips(trial, leaf) is not None for leaf in range(len(trial.floats))):
        return False
    shown = next(f for f in failed if f.argument in disagrees)
    trial.findings[:] = [(kind, finding) for kind, finding in trial.findings if kind != "failures"]
    sentence = f"the rule clips its cotangent, so it differs from its primal; {_DECLARE.format(name, CLIPPED)}."
    trial.findings.append(("inconclusive", _with(shown, Diagnosis(CLIPPED, sentence))))
    return True


def name_straight_through(trial: Trial) -> None:
    """Say of a failure that nothing else explains that the cotangent came back as it is, which may be meant."""
    told = Diagnosis(surrogates.STRAIGHT_THROUGH, "the cotangent comes back as it is, or zero.")
    through = {
        path
        for leaf, path in enumerate(trial.problem.float_paths)
        if _alike(trial, leaf) and _passes_through(trial, leaf) is None
    }
    trial.findings[:] = [
        (kind, _with(f, told) if kind == "failures" and f.diagnosis is None and f.argument in through else f)
        for kind, f in trial.findings
    ]


def leave_open(trial: Trial) -> None:
    """Turn failures at what no witness can judge into findings that say so.

    Where the primal has no derivative (0 log 0), a cotangent of zero may come back as NaN. And a rule whose primal is
    constant, first derivative and all, but whose second derivative is not zero stands for another function there.
    """
    told = []
    for kind, finding in trial.findings:
        if kind == "failures" and _singular(trial, finding):
            kind, finding = "inconclusive", _with(finding, Diagnosis("inconclusive", _SINGULAR))
        elif kind == "failures" and finding.law == second_order.LAW and _constant(trial, finding):
            kind, finding = "inconclusive", _with(finding, Diagnosis(surrogates.SURROGATE, _CONSTANT))
        told.append((kind, finding))
    trial.findings[:] = told


def _singular(trial: Trial, finding: Finding) -> bool:
    """Whether rule and witness both are not finite at that entry, for some cotangent at the same point."""
    paths = trial.problem.float_paths
    if (
        trial.autodiff is None
        or finding.argument not in paths
        or finding.index is None
        or np.isfinite(finding.actual)
        or not finding.example
    ):
        return False
    leaf = paths.index(finding.argument)
    given = problem.make(trial.problem.fun, finding.example[0]).floats
    for i, item in enumerate(trial.items):
        if all(np.array_equal(a, b) for a, b in zip(item.floats, given, strict=True)):
            if not np.isfinite(trial.witness[leaf][(i, *finding.index)]):
                return True
    return False


def _constant(trial: Trial, finding: Finding) -> bool:
    """Whether rule and primal both have no slope at all in the argument whose cotangent was differentiated."""
    if trial.autodiff is None:
        return False
    name = str(finding.argument).split(", differentiated by ")[0]
    leaves = [k for k, path in enumerate(trial.problem.float_paths) if name in (path, "all cotangents")]
    answers = trial.answers.cotangents
    return all(not np.any(part[k][trial.valid]) for k in leaves for part in (trial.witness, answers))


def advised(finding: Finding, name: str, allow: Mapping[str, str]) -> Finding:
    """A finding about a surrogate, with the words that declare it."""
    told = finding.diagnosis
    if told is None or told.code != surrogates.STRAIGHT_THROUGH or name in allow:
        return finding
    return _with(finding, Diagnosis(told.code, f"{told.sentence[:-1]}; {_DECLARE.format(name, told.code)}."))


def _with(finding: Finding, told: Diagnosis) -> Finding:
    return dataclasses.replace(finding, diagnosis=told)


def _alike(trial: Trial, leaf: int) -> list[np.ndarray]:
    """The cotangents that could come back as they are: those of outputs with the shape of the argument."""
    return [w for w in _precision.to_float64(trial.cotangents) if w.shape == trial.floats[leaf].shape]


def _passes_through(trial: Trial, leaf: int) -> tuple[int, str] | None:
    """The first item at which the cotangent is neither that of the output nor zero, and how it is told."""
    actual = np.asarray(trial.answers.cotangents[leaf], np.float64)
    wrong = np.all([actual != w for w in _alike(trial, leaf)], axis=0) & (actual != 0)
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1) & trial.valid)
    if rows.size:
        return int(rows[0]), "entries that are neither the cotangent's nor zero"
    return None if np.any(actual) else (0, "zero everywhere: nothing comes through")


def _clips(trial: Trial, leaf: int) -> tuple[int, str] | None:
    """The first item at which the cotangent is not the right one drawn towards zero, and how it is told."""
    if trial.autodiff is None:
        return 0, "unknown: JAX cannot differentiate the primal"
    seen = comparison.with_witness(trial, trial.answers.cotangents, trial.dtype)
    actual, right, allowed = seen.actual[leaf], trial.witness[leaf], seen.allowed[leaf]
    with np.errstate(invalid="ignore"):
        between = (np.minimum(right, 0) - allowed <= actual) & (actual <= np.maximum(right, 0) + allowed)
    for i in np.flatnonzero(trial.valid):
        if not between[i].all():
            return int(i), "entries beyond the right ones, or of the other sign"
        near = np.abs(actual[i] - right[i]) <= np.abs(right[i]) / 64 + _tiny(trial)
        if trial.items[i].label == SMALL and not near.all():
            return int(i), "a small cotangent is changed too"
    return None


def _tiny(trial: Trial) -> float:
    return 64 * _precision.smallest_normal(trial.dtype)
