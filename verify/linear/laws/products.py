"""Law: f(x) = M x, for vectors x of whole numbers at random; for matrices of which not every entry is looked at.

A wrong entry is missed by one x only if all that is wrong in its row cancels there: with entries from seven numbers, by
chance at most 1/7 (Schwartz 1980), and by all of the trials at most 1/7 to their number; given that the error is larger
than what rounding may do to a product. A difference is followed to the entry that causes it, by halves.
"""

from __future__ import annotations

import numpy as np

from verify import compare
from verify.linear.followed import followed
from verify.linear.trial import LinearTrial
from verify.report import Diagnosis

LAW = "products"

_TRIALS = 8


def check(trial: LinearTrial) -> list[int]:
    """Compare products; the inputs to which differences were followed are returned."""
    assert trial.claim is not None
    x = trial.integers(_TRIALS, trial.probe.inputs)
    right, found = trial.probe.many(x) - trial.at_zero, trial.claim.products(x)
    scale = float(np.abs(right).max() + np.abs(trial.at_zero).max())
    entry = compare.worst(found, right, trial.allowed(right, scale))
    if entry.holds:
        trial.passed(
            LAW,
            trial.about,
            entry,
            f"{_TRIALS} products with whole numbers: a wrong row passes by chance {7.0**-_TRIALS:.0e}.",
        )
        return []
    at, row = entry.index
    column = followed(x[at], lambda halves: _wrong(trial, halves, row))
    told = f"Followed by halves to entry [{row}, {column}]."
    trial.entry_failed(LAW, (row, column), _entry(trial, row, column), Diagnosis("products-differ", told))
    return [column]


def _wrong(trial: LinearTrial, x: np.ndarray, row: int) -> np.ndarray:
    assert trial.claim is not None
    return trial.claim.products(x)[:, row] - (trial.probe.many(x) - trial.at_zero)[:, row]


def _entry(trial: LinearTrial, row: int, column: int) -> compare.Entry:
    assert trial.claim is not None
    right, found = (of(np.asarray([column]))[row, 0] for of in (trial.columns, trial.claim.columns))
    return compare.worst(found, right, trial.allowed(np.abs(right), float(np.abs(right))))
