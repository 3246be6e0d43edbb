"""Only the diagonal of the Jacobian: an elementwise rule for a function that mixes its entries."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.diagnosis.case import Candidate, Case

CODE = "diagonal-only"

_ENTRIES = 64  # each entry costs a pull-back per item


def candidates(case: Case) -> Iterator[Candidate]:
    """dy_i/dx_i times the cotangent, entry by entry."""
    if _alike(case) and case.axes:
        told = f"d_{case.path} holds only the diagonal of the Jacobian: terms between different entries are missing."
        yield Candidate(told, _diagonal)


def _alike(case: Case) -> bool:
    same = len(case.cotangents) == 1 and case.cotangents[0].shape == case.right.shape
    return same and case.right[0].size <= _ENTRIES


def _diagonal(case: Case) -> np.ndarray | None:
    if not _alike(case):
        return None
    count, size = len(case.right), case.right[0].size
    assert case.trial.autodiff is not None
    points = tuple(np.repeat(x, size, axis=0) for x in case.points)
    others = tuple(np.repeat(n, size, axis=0) for n in case.others)
    hot = np.eye(size)[None] * case.cotangents[0].reshape(count, 1, size)
    found = case.trial.autodiff.gradients(points, others, (hot.reshape(-1, *case.right.shape[1:]),))[1]
    jacobian = np.asarray(found[case.leaf]).reshape(count, size, size)
    return np.einsum("nii->ni", jacobian).reshape(case.right.shape)
