"""The cotangent has the wrong sign, everywhere or at some entries."""

from __future__ import annotations

from collections.abc import Iterator

from verify.diagnosis.case import Candidate, Case

CODE = "sign"


def candidates(case: Case) -> Iterator[Candidate]:
    """Minus the right gradient."""
    yield Candidate(f"d_{case.path} equals minus the right gradient.", lambda c: -c.right)
    told = f"d_{case.path} equals minus the right gradient at the entries that are wrong; the others are right."
    yield Candidate(told, lambda c: -c.right, partly=True)
