"""What a check would have noticed: computed from its own tolerances, entry by entry, not asserted.

An entry g of a cotangent whose error is delta |g| is noticed at a point where

    delta |g| > allowed + |returned - expected|,

since the rule's own rounding may hide as much again; `allowed` includes what numerical differentiation, whose word a
verdict needs, can tell apart. The smallest such delta over the points is what is noticed in that
entry; its quantile over the entries is noticed in a random entry with that probability. An entry that is zero at every
point is measured against the largest of its argument.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

QUANTILE = 0.999


class Power(NamedTuple):
    """A relative error in one entry of the cotangent of `argument` is noticed with this probability.

    The probability is over the entry, all being equally likely; `points` were looked at.
    """

    argument: str
    relative_error: float
    probability: float
    points: int

    def __str__(self) -> str:
        size = f"a relative error of {self.relative_error:.1e} in one entry of d_{self.argument}"
        return f"{size} is noticed with probability {self.probability:.3f} ({self.points} points)"


def of_leaf(argument: str, expected: np.ndarray, actual: np.ndarray, allowed: np.ndarray) -> Power | None:
    """The power at points stacked along the first axis; None where nothing finite was compared.

    Args:
        argument: the leaf's name.
        expected: the right cotangents.
        actual: what the rule returned.
        allowed: the tolerance of every entry.
    """
    size = np.abs(expected)
    hidden = allowed + np.abs(actual - expected)
    largest = size.reshape(len(size), -1).max(axis=1, initial=0.0).reshape(-1, *[1] * (size.ndim - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        noticed = np.where(np.isfinite(hidden) & (size > 0), hidden / size, np.inf).min(axis=0)
        beside = np.where(np.isfinite(hidden) & (largest > 0), hidden / largest, np.inf).min(axis=0)
    noticed = np.where((size == 0).all(axis=0), beside, noticed).reshape(-1)
    if not noticed.size or not np.isfinite(noticed).any():
        return None
    finite = np.sort(noticed)[: max(1, int(np.ceil(QUANTILE * noticed.size)))]
    delta = float(finite[np.isfinite(finite)].max())
    return Power(argument, delta, float(np.mean(noticed <= delta)), len(expected))
