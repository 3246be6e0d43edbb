"""Thresholds of a primal, read from its jaxpr: the constants that values are compared with or clipped to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend import core

from verify import _precision

_DECISIONS = frozenset("gt lt ge le eq ne max min clamp select_n".split())
_CARRIERS = frozenset("convert_element_type broadcast_in_dim neg reshape copy squeeze stop_gradient".split())
MOST = 16  # a table of constants (bucket edges) would flood the lattice: the first ones are telling enough


def find(jaxpr: Any) -> tuple[float, ...]:
    """Finite float constants that decisions depend on, in order of appearance, at most 16."""
    return all_of(jaxpr)[:MOST]


def all_of(jaxpr: Any) -> tuple[float, ...]:
    """All of them."""
    found: list[float] = []
    _walk(jaxpr.jaxpr, [_values(c) for c in jaxpr.consts], [()] * len(jaxpr.jaxpr.invars), found)
    return tuple(dict.fromkeys(v for v in found if np.isfinite(v)))


def _walk(
    jaxpr: Any, consts: Sequence[tuple[float, ...]], args: Sequence[tuple[float, ...]], found: list[float]
) -> None:
    env: dict[Any, tuple[float, ...]] = dict(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> tuple[float, ...]:
        return _values(atom.val) if isinstance(atom, core.Literal) else env.get(atom, ())

    for eqn in jaxpr.eqns:
        values = [read(atom) for atom in eqn.invars]
        name = eqn.primitive.name
        if name in _DECISIONS:
            for known in values:
                found.extend(known)
        if name in _CARRIERS and values[0]:
            sign = -1.0 if name == "neg" else 1.0
            env[eqn.outvars[0]] = tuple(sign * v for v in values[0])
        for value in eqn.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if hasattr(inner, "eqns") or hasattr(inner, "jaxpr"):
                    _enter(inner, values, found)


def _enter(inner: Any, values: list[tuple[float, ...]], found: list[float]) -> None:
    open_jaxpr = getattr(inner, "jaxpr", inner)
    consts = [_values(c) for c in getattr(inner, "consts", ())]
    # a cond has its index in front, loops reorder: constants are followed only where the arguments line up
    lined_up = values if len(values) == len(open_jaxpr.invars) else [()] * len(open_jaxpr.invars)
    _walk(open_jaxpr, consts or [()] * len(open_jaxpr.constvars), lined_up, found)


def _values(value: Any) -> tuple[float, ...]:
    if _precision.is_key(value):
        return ()
    array = np.asarray(value)
    if (array.dtype.kind not in "f" and str(array.dtype) != "bfloat16") or array.size > 4:
        return ()
    return tuple(float(v) for v in array.reshape(-1))
