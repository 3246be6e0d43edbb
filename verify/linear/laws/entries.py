"""Law: column j of the matrix is what the function makes of the unit vector e_j.

Every column of a small matrix; of a large one those of some input positions, with all of their channels: corners, the
middle, others at random, and those to which a difference of products was followed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verify import compare
from verify.linear.compared import Compared
from verify.linear.differences import differences
from verify.linear.trial import LinearTrial

LAW = "entries"

_SAMPLE = 2**22  # entries of a large matrix that are looked at
_LEAST = 3  # input positions of a large matrix that are looked at, however many entries they have
_TOLD = 4  # bands that are described one by one


def check(trial: LinearTrial, suspects: Sequence[int] = ()) -> None:
    """Compare columns, those of the inputs in `suspects` among them, and describe the bands that differ."""
    assert trial.claim is not None
    at = np.arange(trial.probe.inputs) if trial.small else _sample(trial, suspects)
    right, found = trial.columns(at), trial.claim.columns(at)
    scale = np.abs(right).max(axis=0) + np.abs(trial.at_zero).max()
    allowed = trial.allowed(scale, scale)
    entry = compare.worst(found, right, allowed)
    if entry.holds:
        trial.passed(LAW, trial.about, entry, f"{len(at)} of {trial.probe.inputs} columns were compared.")
        return
    told = list(differences(Compared(right, found, at, trial.probe.inputs, allowed, trial.bands)))
    for (row, column), diagnosis in told[:_TOLD]:
        place = int(np.flatnonzero(at == column)[0])
        one = compare.worst(found[row, place], right[row, place], allowed[place])
        trial.entry_failed(LAW, (row, column), one, diagnosis)
    if len(told) > _TOLD:
        trial.notes.append(f"{len(told) - _TOLD} more bands of the matrix differ")


def _sample(trial: LinearTrial, suspects: Sequence[int]) -> np.ndarray:
    """Columns of some input positions, with all channels."""
    shape = np.asarray(trial.probe.shape)
    channels = None if trial.bands is None else trial.bands.channels
    together = 1 if channels is None else int(shape[channels])
    count = max(_LEAST, _SAMPLE // (trial.probe.outputs * together))
    chosen = np.stack([np.zeros_like(shape), shape - 1, shape // 2], axis=1)
    chosen = np.concatenate([chosen, trial.rng.integers(0, shape[:, None], (len(shape), count))], axis=1)[:, :count]
    if len(suspects):
        chosen = np.concatenate([np.stack(np.unravel_index(np.asarray(suspects), tuple(shape))), chosen], axis=1)
    if channels is None:
        return np.unique(np.ravel_multi_index(tuple(chosen), tuple(shape)))
    every = np.repeat(chosen, together, axis=1)
    every[channels] = np.tile(np.arange(together), chosen.shape[1])
    return np.unique(np.ravel_multi_index(tuple(every), tuple(shape)))
