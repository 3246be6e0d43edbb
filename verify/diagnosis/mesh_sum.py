"""A sum over a mesh axis that is missing, there once too often, or a mean: what one device has is not what all have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import NamedSharding

from verify import placement
from verify.diagnosis.case import Candidate, Case
from verify.unsummed import CODE as CODE
from verify.unsummed import Split, factors, from_parts, parts_told, splits


def candidates(case: Case) -> Iterator[Candidate]:
    """Multiples by the sizes of mesh axes; then parts of the cotangent by which devices may have worked alone."""
    mesh = _mesh(case)
    for told, factor in factors(mesh):
        yield Candidate(f"d_{case.path} equals the right gradient {told}.", partial(_times, factor=factor))
    for axis, split in splits(mesh, case.cotangents, case.right.shape[1:]):
        yield Candidate(parts_told(case.path, axis), partial(_from_parts, split=split))


def _mesh(case: Case) -> Any:
    """That of the arguments, or the first that the rule maps over."""
    problem, item = case.trial.problem, case.trial.items[0]
    for where in problem.shardings:
        if isinstance(where, NamedSharding):
            return where.mesh
    if jax.device_count() == 1 or not case.trial.subject.traceable:
        return None
    program = jax.make_jaxpr(case.trial.subject.one)(item.floats, item.others, item.cotangents)
    return next(placement.meshes(program), None)


def _times(case: Case, factor: float) -> np.ndarray:
    return factor * case.right


def _from_parts(case: Case, split: Split) -> np.ndarray | None:
    return from_parts(lambda cotangents: case.witness(cotangents=cotangents), case.cotangents, split)
