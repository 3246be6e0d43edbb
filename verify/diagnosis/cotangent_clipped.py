"""The cotangent is clipped, capped in norm, or dropped where it is small, before it is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "cotangent-clipped"

_FAR = 64.0  # cotangents are drawn from the standard normal distribution; those made to be large or small lie beyond


def candidates(case: Case) -> Iterator[Candidate]:
    """Limits are read off the item with the largest cotangent, where every limit is reached."""
    size = _sizes(case)
    if size.max() > _FAR:
        yield from _limits(case, int(np.argmax(size)))
    if _scaled(case).all():
        sizes = " and ".join(dict.fromkeys("large" if n > 1 else "tiny" for n in size))
        told = f"d_{case.path} is right for moderate cotangents only: {sizes} ones are clipped, capped or dropped."
        yield Candidate(told, _only_scaled)


def _limits(case: Case, i: int) -> Iterator[Candidate]:
    limit = float(np.abs(case.actual[i]).max())
    if limit == 0:
        return
    yield Candidate(f"d_{case.path} is clipped to [-{limit:.6g}, {limit:.6g}].", partial(_result_clipped, limit=limit))
    signs = case.witness(cotangents=tuple(np.sign(w) for w in case.cotangents))
    if signs is not None and (limit := _ratio(case.actual[i], signs[i])) > 0:
        told = f"d_{case.path} is the gradient for a cotangent clipped to [-{limit:.6g}, {limit:.6g}]."
        yield Candidate(told, partial(_clipped, limit=limit))
    if (limit := _ratio(case.actual[i], (case.right / _norm(case))[i])) > 0:
        told = f"d_{case.path} is the gradient for a cotangent whose norm is capped at {limit:.6g}."
        yield Candidate(told, partial(_capped, limit=limit))


def _ratio(actual: np.ndarray, base: np.ndarray) -> float:
    peak = np.unravel_index(int(np.argmax(np.abs(base))), base.shape)
    return float(actual[peak] / base[peak]) if base[peak] != 0 else 0.0


def _sizes(case: Case) -> np.ndarray:
    return np.max([np.abs(w).reshape(len(w), -1).max(axis=1, initial=0.0) for w in case.cotangents], axis=0)


def _scaled(case: Case) -> np.ndarray:
    size = _sizes(case)
    return (size > _FAR) | (size < 1 / _FAR)


def _norm(case: Case) -> np.ndarray:
    squares = np.sum([(w * w).reshape(len(w), -1).sum(axis=1) for w in case.cotangents], axis=0)
    return np.sqrt(squares).reshape(-1, *[1] * (case.right.ndim - 1)) + np.finfo(np.float64).tiny


def _result_clipped(case: Case, limit: float) -> np.ndarray:
    return np.clip(case.right, -limit, limit)


def _clipped(case: Case, limit: float) -> np.ndarray | None:
    return case.witness(cotangents=tuple(np.clip(w, -limit, limit) for w in case.cotangents))


def _capped(case: Case, limit: float) -> np.ndarray:
    return case.right * np.minimum(1, limit / _norm(case))


def _only_scaled(case: Case) -> np.ndarray:
    return np.where(_scaled(case).reshape(-1, *[1] * (case.right.ndim - 1)), case.actual, case.right)
