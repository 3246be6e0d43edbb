"""Comparing two arrays entry by entry: the worst entry is the one that a report shows.

NaN and infinity never pass by accident: equal infinities are equal, NaN equals NaN only where the caller says that two
runs of the same program are compared, and everything else that is not finite is an infinite error.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, order=True)
class Entry:
    """One entry of a comparison; `ratio` is error over tolerance, 0 for equal entries, inf without tolerance."""

    ratio: float = 0.0
    index: tuple[int, ...] = ()
    actual: float = 0.0
    expected: float = 0.0
    error: float = 0.0
    tolerance: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the error is within the tolerance."""
        return self.ratio <= 1

    def fields(self) -> dict[str, Any]:
        """What a failing `Finding` shows of it."""
        shown = dataclasses.asdict(self)
        del shown["ratio"]
        return shown

    def margin(self) -> dict[str, Any]:
        """What a passing `Finding` shows of it."""
        return {"error": self.error, "tolerance": self.tolerance}


def ratios(found: np.ndarray, expected: np.ndarray, allowed: Any, *, nan_equal: bool = False) -> np.ndarray:
    """Error over tolerance for every entry."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    same = found == expected
    if nan_equal:
        same |= np.isnan(found) & np.isnan(expected)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = np.abs(found - expected) / allowed
    return np.where(same, 0.0, np.where(np.isnan(ratio), np.inf, ratio))


def worst(found: np.ndarray, expected: np.ndarray, allowed: Any, *, nan_equal: bool = False) -> Entry:
    """The entry with the largest ratio (the default `Entry` for empty arrays)."""
    ratio = ratios(found, expected, allowed, nan_equal=nan_equal)
    if not ratio.size:
        return Entry()
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    actual, wanted = float(np.asarray(found)[index]), float(np.asarray(expected)[index])
    error = 0.0 if ratio[index] == 0 else abs(actual - wanted)
    return Entry(float(ratio[index]), index, actual, wanted, error, float(np.broadcast_to(allowed, ratio.shape)[index]))
