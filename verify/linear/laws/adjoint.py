"""Law: <w, M x> = <M* w, x> for whole numbers x and w, of a matrix that comes with an adjoint of its own.

In float arithmetic both are exact while they are whole numbers below the mantissa; else each is a sum whose terms say
what rounding may do.
"""

from __future__ import annotations

import numpy as np

from verify import compare
from verify.linear.claims import Products
from verify.linear.followed import followed
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "adjoint"

_TRIALS = 8


def check(trial: LinearTrial, apply: Products, adjoint: Products) -> None:
    """Compare the two inner products, and follow a difference to the entry that causes it."""
    x, w = trial.integers(_TRIALS, trial.probe.inputs), trial.integers(_TRIALS, trial.probe.outputs)
    forward, backward = w * apply(x), adjoint(w) * x
    right, found = forward.sum(axis=1, dtype=np.float64), backward.sum(axis=1, dtype=np.float64)
    terms = np.abs(forward).sum(axis=1, dtype=np.float64) + np.abs(backward).sum(axis=1, dtype=np.float64)
    entry = compare.worst(found, right, trial.allowed(right, terms))
    if entry.holds:
        trial.passed(LAW, "adjoint", entry, f"<w, M x> = <M* w, x> for {_TRIALS} pairs of vectors of whole numbers.")
        return

    def wrong(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return (rows * apply(columns)).sum(axis=1) - (adjoint(rows) * columns).sum(axis=1)

    (at,) = entry.index
    row = followed(w[at], lambda halves: wrong(halves, x[[at, at]]))
    unit = np.zeros_like(w[[at, at]])
    unit[:, row] = 1
    column = followed(x[at], lambda halves: wrong(unit, halves))
    told = f"Followed by halves to entry [{row}, {column}], which the two functions have differently."
    trial.failed(LAW, "adjoint", entry, Diagnosis("not-adjoint", told))
