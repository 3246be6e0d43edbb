"""The backward pass does not look at its cotangent, or at that of one output."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "cotangent-ignored"

_TOGETHER = 2  # outputs of which one is left out; more at once are as good as all


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient for cotangents of one; for several outputs, with one or two of the cotangents zero."""
    told = f"d_{case.path} is the gradient for a cotangent of ones: the cotangent that arrives is not used."
    yield Candidate(told, lambda c: c.witness(cotangents=tuple(np.ones_like(w) for w in c.cotangents)))
    count = len(case.cotangents)
    for size in range(1, min(count, _TOGETHER + 1)):
        for outs in itertools.combinations(range(count), size):
            which = f"output {outs[0]}: its cotangent is" if size == 1 else f"outputs {outs}: their cotangents are"
            told = f"d_{case.path} misses what comes back through {which} not used."
            yield Candidate(told, partial(_without, outs=outs))


def _without(case: Case, outs: tuple[int, ...]) -> np.ndarray | None:
    kept = (np.zeros_like(w) if out in outs else w for out, w in enumerate(case.cotangents))
    return case.witness(cotangents=tuple(kept))
