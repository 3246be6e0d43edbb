"""f'(f(x)) for f'(x): the forward pass saved its output, the backward pass takes it for the input."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from verify.diagnosis.case import Candidate, Case, replaced

CODE = "derivative-at-output"


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient at the point where this argument has the value of an output."""
    for out, w in enumerate(case.cotangents):
        if w.shape == case.right.shape:
            told = f"d_{case.path} is the gradient at `{case.path}` = the output: f'(f(x)) where f'(x) belongs."
            yield Candidate(told, partial(_at_output, out=out))


def _at_output(case: Case, out: int) -> np.ndarray | None:
    return case.witness(points=replaced(case.points, case.leaf, case.outputs()[out]))
