"""The gradient of another argument: cotangents returned in the wrong order, or one of them twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "other-argument"


def candidates(case: Case) -> Iterator[Candidate]:
    """The right gradient of every other argument of this shape."""
    for leaf, g in enumerate(case.expected):
        if leaf != case.leaf and g.shape == case.right.shape:
            told = f"d_{case.path} equals the right gradient of `{case.name(leaf)}`."
            yield Candidate(told, partial(_of, leaf=leaf))


def _of(case: Case, leaf: int) -> np.ndarray:
    return case.expected[leaf]
