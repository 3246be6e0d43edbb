"""The backward pass does not look at its cotangent, or at that of one output."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "cotangent-ignored"


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient for cotangents of one; for several outputs, with one of the cotangents zero."""
    told = f"d_{case.path} is the gradient for a cotangent of ones: the cotangent that arrives is not used."
    yield Candidate(told, lambda c: c.witness(cotangents=tuple(np.ones_like(w) for w in c.cotangents)))
    if len(case.cotangents) > 1:
        for out in range(len(case.cotangents)):
            told = f"d_{case.path} misses what comes back through output {out}: its cotangent is not used."
            yield Candidate(told, partial(_without, out=out))


def _without(case: Case, out: int) -> np.ndarray | None:
    return case.witness(cotangents=replaced(case.cotangents, out, np.zeros_like(case.cotangents[out])))
