"""At a tie every winner gets the whole cotangent, so that it is passed on more than once."""

from __future__ import annotations

import numpy as np

from verify import _precision
from verify.diagnosis.case import row
from verify.report import Diagnosis, Finding
from verify.trial import Trial

CODE = "ties-duplicated"

_ENTRIES = 128  # each entry costs two pull-backs beside the tie
_BESIDE = 2.0**-20  # how far an entry is moved out of the tie, relative to its size


def observed(trial: Trial, finding: Finding) -> Diagnosis | None:
    """What the rule returns is, at every entry, the gradient where that entry alone wins."""
    if trial.autodiff is None or finding.argument not in trial.problem.float_paths:
        return None
    leaf = trial.problem.float_paths.index(finding.argument)
    i = row(trial, finding)
    if i is None or trial.items[i].ordinary or trial.entries > _ENTRIES:
        return None
    answers = trial.answers if trial.answers64 is None else trial.answers64
    actual = np.asarray(answers.cotangents[leaf][i], np.float64)
    right = trial.witness[leaf][i]
    alone = _winning(trial, leaf, i)
    slack = 1e-3 * np.abs(alone).max(initial=0.0)  # beside the tie, not at it
    duplicated = (np.abs(alone - actual) <= slack).any(axis=0).all() and np.any(np.abs(actual - right) > 10 * slack)
    if not (duplicated and np.abs(actual).sum() > np.abs(right).sum()):
        return None
    told = f"at {trial.items[i].label}, every tied entry of d_{finding.argument} gets the whole cotangent."
    return Diagnosis(CODE, told)


def _winning(trial: Trial, leaf: int, i: int) -> np.ndarray:
    """The gradient at each entry when that entry alone is moved: upwards, and downwards."""
    assert trial.autodiff is not None
    floats, others = _precision.to_float64(trial.row(trial.floats, i)), trial.row(trial.others, i)
    cotangents, size = _precision.to_float64(trial.row(trial.cotangents, i)), floats[leaf].size
    step = _BESIDE * np.maximum(np.abs(floats[leaf]), 1.0)
    moves = np.eye(size).reshape(size, *floats[leaf].shape) * step
    points = [np.repeat(x[None], 2 * size, axis=0) for x in floats]
    points[leaf] = points[leaf] + np.concatenate([moves, -moves])
    stacks = [tuple(np.repeat(a[None], 2 * size, axis=0) for a in arrays) for arrays in (others, cotangents)]
    found = np.asarray(trial.autodiff.gradients(tuple(points), *stacks)[1][leaf]).reshape(2, size, size)
    return np.einsum("sii->si", found).reshape(2, *floats[leaf].shape)
