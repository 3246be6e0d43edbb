"""The complex conjugate of the right gradient: in JAX's convention no conjugation belongs into a holomorphic rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.diagnosis.case import Candidate, Case, view

CODE = "conjugate"


def candidates(case: Case) -> Iterator[Candidate]:
    """conj(T(conj g)) for the right pullback T: g conj(f') where g f' belongs; then conj(T(g))."""
    if case.path.endswith((".real", ".imag")):
        name = case.path.rpartition(".")[0]
        yield Candidate(f"d_{name} is the conjugate of the right gradient.", _conjugated)
        if case.path.endswith(".imag") and view(case.trial).ratios[case.leaf - 1].max(initial=0.0) <= 1:
            told = f"d_{name} is conjugated: its imaginary part has the wrong sign, its real part is right."
            yield Candidate(told, lambda c: -c.right)


def _conjugated(case: Case) -> np.ndarray | None:
    signs = iter([sign for pair in case.trial.problem.complex_outputs for sign in ((1, -1) if pair else (1,))])
    right = case.witness(cotangents=tuple(next(signs) * w for w in case.cotangents))
    if right is None:
        return None
    return -right if case.path.endswith(".imag") else right
