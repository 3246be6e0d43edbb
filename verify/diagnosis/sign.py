"""The cotangent has the wrong sign, everywhere or at some entries."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "sign"


def candidates(case: Case) -> Iterator[Candidate]:
    """Minus the right gradient, all of it, some entries of it, or what of it is due to one output."""
    yield Candidate(f"d_{case.path} equals minus the right gradient.", lambda c: -c.right)
    told = f"d_{case.path} equals minus the right gradient at the entries that are wrong; the others are right."
    yield Candidate(told, lambda c: -c.right, partly=True)
    if len(case.cotangents) > 1:
        for out in range(len(case.cotangents)):
            told = f"d_{case.path} has the wrong sign in what comes back through output {out}."
            yield Candidate(told, partial(_negated, out=out))


def _negated(case: Case, out: int) -> np.ndarray | None:
    return case.witness(cotangents=replaced(case.cotangents, out, -case.cotangents[out]))
