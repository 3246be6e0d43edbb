"""Law: where the input moves by s entries along an axis, the output moves by e, e / s being the function's stride.

Entry by entry of its matrix: M[i + e, j + s] = M[i, j] for all i, j that stay inside; round a circular axis, for all.
What moves out at one end and in at the other is where zero padding differs from circular padding.
"""

from __future__ import annotations

import numpy as np

from verify import compare
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "shift equivariance"

_POSITIONS = 64  # unit vectors that are moved


def check(trial: LinearTrial, axis: int, by: int, back: int, circular: bool) -> None:
    """Move unit vectors by `by` along one axis of the input; what the function makes of them has to move by `back`."""
    shape = trial.probe.shape
    there = _places(trial, axis, by, circular)
    moved = there.copy()
    moved[axis] = (moved[axis] + by) % shape[axis]
    before, after = (
        trial.columns(np.ravel_multi_index(tuple(at), shape)).T.reshape(-1, *trial.probe.out_shape)
        for at in (there, moved)
    )
    if circular:
        before = np.roll(before, back, axis + 1)
    else:
        every = (slice(None),) * (axis + 1)
        before, after = before[(*every, slice(0, -back))], after[(*every, slice(back, None))]
    entry = compare.worst(after, before, trial.allowed(before, float(np.abs(before).max())))
    moves = f"by {by} along axis {axis}{' and around' if circular else ''}"
    if entry.holds:
        trial.passed(LAW, "fun", entry, f"{there.shape[1]} unit vectors were moved {moves}, their outputs by {back}.")
        return
    source = tuple(map(int, there[:, entry.index[0]]))
    told = f"A unit input at {source} moves {moves}, and its output not by {back}."
    shown = [
        f"e = np.zeros({shape}, {trial.probe.dtype.name!r})",
        f"e[{source}] = 1",
        f"print(np.asarray(fun(e)), np.asarray(fun(np.roll(e, {by}, {axis}))))",
    ]
    trial.failed(LAW, "fun", entry, Diagnosis("not-equivariant", told), shown)


def _places(trial: LinearTrial, axis: int, by: int, circular: bool) -> np.ndarray:
    """Where unit vectors are put, [axes, n]: both ends of the axis first, then at random."""
    sizes = np.asarray(trial.probe.shape)
    sizes[axis] -= 0 if circular else by
    places = trial.rng.integers(0, sizes[:, None], (len(sizes), _POSITIONS))
    places[axis, :2] = 0, sizes[axis] - 1
    return places
