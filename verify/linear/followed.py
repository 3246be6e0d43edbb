"""Following an error of a linear expression to the entry of the vector that causes it, by halves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def followed(vector: np.ndarray, wrong: Callable[[np.ndarray], np.ndarray]) -> int:
    """The entry of `vector` that is most to blame: `wrong([a, b])` gives the errors of two vectors.

    The error of the whole is the sum of those of its two halves, so that the larger of these is at least half of it.
    """
    left = np.flatnonzero(vector)
    while len(left) > 1:
        parts = np.array_split(left, 2)
        halves = np.zeros((2, len(vector)), vector.dtype)
        for half, part in zip(halves, parts, strict=True):
            half[part] = vector[part]
        errors = np.abs(wrong(halves))
        left = parts[int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))]
    return int(left[0])
