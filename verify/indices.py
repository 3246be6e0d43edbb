"""Telling values of integer arguments, read from the primal: labels that it singles out, the last valid index.

A mask `labels >= 0` or `ids == pad` divides the integers as a threshold divides the reals; an array that is gathered
from, or compared with an iota, says how many indices are valid. The comparison with 0 that indexing itself makes (it
counts negative indices from the end) says nothing about the data, and indices out of range are not tried: what a
gather does with them is a convention.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend import core

from verify import _precision
from verify.stripping import CALLS, RULES

# primitives whose first operand's entries appear in the result unchanged
_CARRIERS = frozenset(
    "convert_element_type broadcast_in_dim reshape squeeze copy slice transpose rev gather dynamic_slice "
    "stop_gradient expand_dims concatenate".split()
)
# integers to either side of `x OP c`
_SIDES = {"eq": (0,), "ne": (0,), "lt": (-1, 0), "ge": (-1, 0), "le": (0, 1), "gt": (0, 1)}
_FLIPPED = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
_LOGIC = frozenset("and or not xor reshape broadcast_in_dim squeeze transpose copy".split())


@dataclasses.dataclass(frozen=True)
class _Value:
    """What is known of an intermediate: the leaves whose entries it holds, constants, an iota's length.

    `pending` are the values that a comparison singled out, until it is clear what the comparison is for.
    """

    leaves: frozenset[int] = frozenset()
    constants: tuple[int, ...] = ()
    iota: int = 0
    pending: frozenset[tuple[int, int]] = frozenset()


_UNKNOWN = _Value()


def telling(program: Any, first: int, count: int) -> tuple[tuple[int, ...], ...]:
    """For each of `count` inputs of a closed jaxpr, starting at input `first`: integers worth trying, ascending."""
    found: list[set[int]] = [set() for _ in range(count)]
    inputs = [
        _Value(frozenset({i - first})) if first <= i < first + count else _UNKNOWN
        for i in range(len(program.jaxpr.invars))
    ]
    _walk(program.jaxpr, [_constant(c) for c in program.consts], inputs, found)
    return tuple(tuple(sorted(values)) for values in found)


def _walk(jaxpr: Any, consts: Sequence[_Value], args: Sequence[_Value], found: list[set[int]]) -> list[_Value]:
    env: dict[Any, _Value] = dict(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))

    def read(atom: Any) -> _Value:
        return _constant(atom.val) if isinstance(atom, core.Literal) else env.get(atom, _UNKNOWN)

    for eqn in jaxpr.eqns:
        values = [read(atom) for atom in eqn.invars]
        name = eqn.primitive.name
        inner = eqn.params.get({**CALLS, **RULES}.get(name, ""))
        if inner is not None:
            constants = [_constant(c) for c in getattr(inner, "consts", ())]
            outs = _walk(getattr(inner, "jaxpr", inner), constants, values, found)
            env.update(zip(eqn.outvars, outs, strict=True))
            continue
        known = _through(eqn, name, values, found)
        env.update((out, known) for out in eqn.outvars[:1])  # a callback for its effect alone has none
    return [read(atom) for atom in jaxpr.outvars]


def _through(eqn: Any, name: str, values: list[_Value], found: list[set[int]]) -> _Value:
    """What one equation makes of its operands; what it tells about integer inputs goes into `found`."""
    if name == "iota":
        return _Value(iota=eqn.params["shape"][eqn.params["dimension"]])
    if name in _SIDES:
        return _compared(name, values[0], values[1], found)
    if name == "select_n":
        picked = frozenset().union(*(v.leaves for v in values[1:]))
        if not picked:  # the comparison decides about data, not about how to count an index
            _settle(values[0].pending, found)
        return _Value(picked, pending=frozenset().union(*(v.pending for v in values[1:])))
    if name in _LOGIC and any(v.pending for v in values):
        return _Value(pending=frozenset().union(*(v.pending for v in values)))
    for value in values:
        _settle(value.pending, found)
    if name in ("gather", "dynamic_slice", "dynamic_update_slice") or name.startswith("scatter"):
        _bounded(eqn, name, values, found)
    if name in _CARRIERS:
        leaves = frozenset().union(*(v.leaves for v in values)) if name == "concatenate" else values[0].leaves
        return dataclasses.replace(values[0], leaves=leaves)
    return _UNKNOWN


def _compared(name: str, left: _Value, right: _Value, found: list[set[int]]) -> _Value:
    if right.leaves and not left.leaves:
        left, right, name = right, left, _FLIPPED[name]
    for leaf in left.leaves:
        if right.iota:
            found[leaf] |= {0, right.iota - 1}
    pairs = ((leaf, c + side) for leaf in left.leaves for c in right.constants for side in _SIDES[name])
    return _Value(pending=frozenset(pairs))


def _bounded(eqn: Any, name: str, values: list[_Value], found: list[set[int]]) -> None:
    """The first and the last index along every axis that an input indexes."""
    shape = eqn.invars[0].aval.shape
    if name == "gather":
        axes, indices = eqn.params["dimension_numbers"].start_index_map, values[1:2]
    elif name == "dynamic_slice":
        axes, indices = range(len(shape)), values[1:]
    elif name == "dynamic_update_slice":
        axes, indices = range(len(shape)), values[2:]
    else:
        axes, indices = eqn.params["dimension_numbers"].scatter_dims_to_operand_dims, values[1:2]
    if len(indices) == 1 and axes:
        sizes = [min(shape[axis] for axis in axes)]
    else:
        sizes = [shape[axis] for axis in axes]
    for value, size in zip(indices, sizes, strict=False):
        for leaf in value.leaves:
            found[leaf] |= {0, size - 1} if size else set()


def _settle(pending: frozenset[tuple[int, int]], found: list[set[int]]) -> None:
    for leaf, value in pending:
        found[leaf].add(value)


def _constant(value: Any) -> _Value:
    if _precision.is_key(value):
        return _UNKNOWN
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or array.size > 4:
        return _UNKNOWN
    return _Value(constants=tuple(int(v) for v in array.reshape(-1)))
