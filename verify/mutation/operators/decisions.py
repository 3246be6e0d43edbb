"""Mistakes in what is chosen where: comparisons, branches, logic, which of two equals wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.mutation.operators._operator import Edit, Operator, in_place_of, on_result

_COMPARISONS: dict[str, tuple[Callable[..., Any], ...]] = {
    "gt": (lax.ge, lax.lt),
    "ge": (lax.gt, lax.le),
    "lt": (lax.le, lax.gt),
    "le": (lax.lt, lax.ge),
    "eq": (lax.ne, lax.ge, lax.le),
    "ne": (lax.eq,),
}
_LOGIC: dict[str, Callable[..., Any]] = {"and": lax.bitwise_or, "or": lax.bitwise_and, "xor": lax.bitwise_or}


def _comparison(eqn: Any) -> Iterator[Edit]:
    for other in _COMPARISONS.get(eqn.primitive.name, ()):
        yield f"{eqn.primitive.name} replaced by {other.__name__}", in_place_of(other)


def _branches(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name == "select_n" and len(eqn.invars) == 3:
        yield "branches exchanged", lambda eqn, values: [lax.select_n(values[0], *values[:0:-1])]
        yield "first branch always", lambda eqn, values: [values[1]]
        yield "second branch always", lambda eqn, values: [values[2]]


def _logic(eqn: Any) -> Iterator[Edit]:
    name = eqn.primitive.name
    if name in _LOGIC:
        yield f"{name} replaced by {_LOGIC[name].__name__}", in_place_of(_LOGIC[name])
        yield "second operand dropped", lambda eqn, values: [values[0]]
        yield "first operand dropped", lambda eqn, values: [values[1]]
    if name == "not":
        yield "not dropped", lambda eqn, values: [values[0]]


def _mask(eqn: Any) -> Iterator[Edit]:
    aval = eqn.outvars[0].aval
    if len(eqn.outvars) == 1 and hasattr(aval, "dtype") and np.issubdtype(aval.dtype, np.bool_):
        for axis in range(aval.ndim):
            if aval.shape[axis] > 1:
                yield f"mask shifted along axis {axis}", on_result(partial(jnp.roll, shift=1, axis=axis))


OPERATORS = (
    Operator("comparison replaced", "> for >=, < for >", _comparison),
    Operator("branches exchanged", "the wrong branch of a where, or always the same one", _branches),
    Operator("logic replaced", "or for and, a condition forgotten", _logic),
    Operator("mask shifted", "a mask is off by one", _mask),
)
