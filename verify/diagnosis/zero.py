"""Nothing is passed back: a forgotten argument, a stop_gradient, an integer treated as the end of the road."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "zero"


def candidates(case: Case) -> Iterator[Candidate]:
    """Zeros in place of the right gradient."""
    yield Candidate(f"d_{case.path} is zero, as behind a stop_gradient.", lambda c: np.zeros_like(c.right))
