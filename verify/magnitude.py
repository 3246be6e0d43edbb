"""How large the intermediates of a program can get on integer inputs, and whether they stay integers.

A scalar bound per variable is pushed through the jaxpr: |a + b| <= A + B, |a b| <= A B, a contraction of K terms
<= K A B, a selection or maximum <= max(A, B). A primitive that may leave the integers ends the walk with a reason.
Division by a constant is allowed when cotangents are multiples of `unit` (average pooling: the least common multiple
of the window counts). The degree of the polynomial is pushed through alongside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jax.extend import core

from verify.tolerance import terms

_SAME = frozenset(
    "neg reshape transpose broadcast_in_dim squeeze slice dynamic_slice rev copy copy_p reduce_max reduce_min abs "
    "reduce_window_max reduce_window_min stop_gradient expand_dims gather convert_element_type sign "
    "reduce_precision optimization_barrier real split".split()
)
_WIDEST = frozenset("select_n max min concatenate pad clamp dynamic_update_slice select_and_gather_add".split())
_SUMS = frozenset("reduce_sum reduce_window_sum cumsum".split())
_LOGICAL = frozenset(
    "gt lt ge le eq ne and or not xor argmax argmin iota is_finite shift_left shift_right_logical rem".split()
)
_PRODUCTS = frozenset(["dot_general", "conv_general_dilated"])
_COUNTS = 12  # averages over more than 12 entries: the least common multiple of the counts outgrows a float32


class Bound(NamedTuple):
    """Largest intermediate, polynomial degree of the results, and the unit that cotangents must be multiples of."""

    largest: float
    degree: int
    unit: int


class _Size(NamedTuple):
    bound: float
    degree: int
    constant: Any = None  # the value itself, where it does not depend on the inputs


class _NotInteger(Exception):
    pass


def bound(jaxpr: Any, counts: tuple[int, int, int], top: int, others: Sequence[Any]) -> Bound | str:
    """Bound `jaxpr(floats, others, cotangents)` for integer entries up to `top`; a string says why there is none."""
    walk = _Walk()
    sizes = [_Size(float(top), 1)] * counts[0]
    sizes += [_Size(float(np.max(np.abs(np.asarray(n, np.float64)), initial=0.0)), 0) for n in others]
    sizes += [_Size(float(top), 1)] * counts[2]
    try:
        results = walk.run(jaxpr.jaxpr, jaxpr.consts, sizes)
    except _NotInteger as reason:
        return str(reason)
    return Bound(walk.largest, max((r.degree for r in results), default=0), walk.unit)


class _Walk:
    """One pass over a jaxpr; `largest` and `unit` collect over everything seen."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.unit = 1

    def run(self, jaxpr: Any, consts: Sequence[Any], sizes: Sequence[_Size]) -> list[_Size]:
        env: dict[Any, _Size] = {}

        def read(atom: Any) -> _Size:
            return _constant(atom.val) if isinstance(atom, core.Literal) else env[atom]

        env.update(zip(jaxpr.constvars, map(_constant, consts), strict=True))
        env.update(zip(jaxpr.invars, sizes, strict=True))
        needed = _needed(jaxpr)
        for eqn in jaxpr.eqns:
            if not any(var in needed for var in eqn.outvars):
                continue  # outputs of the forward pass that no cotangent depends on
            found = self._equation(eqn, [read(atom) for atom in eqn.invars])
            env.update(zip(eqn.outvars, found, strict=True))
            self.largest = max([self.largest, *(size.bound for size in found)])
        return [read(atom) for atom in jaxpr.outvars]

    def _equation(self, eqn: Any, sizes: list[_Size]) -> list[_Size]:
        name = eqn.primitive.name
        for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
            if key in eqn.params and name not in ("scan", "while", "cond"):
                inner = eqn.params[key]
                return self.run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), sizes)
        rule = self._rule(name)
        if rule is None:
            raise _NotInteger(f"`{name}` does not map integers to integers that can be bounded")
        size = rule(eqn, sizes)
        if (
            name not in ("div",)
            and all(s.degree == 0 for s in sizes)
            and name in _SAME
            and sizes[0].constant is not None
        ):
            size = size._replace(constant=sizes[0].constant)
        return [size] * len(eqn.outvars)

    def _rule(self, name: str) -> Callable[[Any, list[_Size]], _Size] | None:
        if name in _LOGICAL:
            return lambda eqn, sizes: _Size(float(max(eqn.outvars[0].aval.shape, default=1)), 0)
        if name in _SAME:
            return lambda eqn, sizes: _Size(sizes[0].bound, 0 if name == "sign" else sizes[0].degree)
        if name in _WIDEST:
            return lambda eqn, sizes: _Size(_finite_max(sizes), max(s.degree for s in sizes))
        if name in ("add", "sub", "add_any"):
            return lambda eqn, sizes: _Size(sizes[0].bound + sizes[1].bound, max(s.degree for s in sizes))
        if name == "mul":
            return lambda eqn, sizes: _Size(sizes[0].bound * sizes[1].bound, sizes[0].degree + sizes[1].degree)
        if name in _PRODUCTS:
            return lambda eqn, sizes: _Size(
                terms(eqn) * sizes[0].bound * sizes[1].bound, sizes[0].degree + sizes[1].degree
            )
        if name in _SUMS:
            return lambda eqn, sizes: _Size(terms(eqn) * sizes[0].bound, sizes[0].degree)
        return {
            "integer_pow": _power,
            "square": lambda eqn, sizes: _Size(sizes[0].bound ** 2, 2 * sizes[0].degree),
            "scatter-add": lambda eqn, sizes: _Size(
                sizes[0].bound + eqn.invars[2].aval.size * sizes[2].bound, max(sizes[0].degree, sizes[2].degree)
            ),
            "select_and_scatter_add": lambda eqn, sizes: _Size(
                math.prod(eqn.params["window_dimensions"]) * sizes[0].bound, max(s.degree for s in sizes)
            ),
            "div": self._quotient,
        }.get(name)

    def _quotient(self, eqn: Any, sizes: list[_Size]) -> _Size:
        divisor = sizes[1]
        if divisor.degree > 0:
            raise _NotInteger("`div` by something that depends on the inputs")
        largest = round(divisor.bound)
        if largest > _COUNTS:
            raise _NotInteger(f"`div` by up to {largest}")
        self.unit = math.lcm(self.unit, *range(1, largest + 1))
        return _Size(sizes[0].bound, sizes[0].degree)


def _needed(jaxpr: Any) -> set[Any]:
    """Variables that the results depend on."""
    needed = {atom for atom in jaxpr.outvars if not isinstance(atom, core.Literal)}
    for eqn in reversed(jaxpr.eqns):
        if any(var in needed for var in eqn.outvars):
            needed |= {atom for atom in eqn.invars if not isinstance(atom, core.Literal)}
    return needed


def _constant(value: Any) -> _Size:
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return _Size(1.0, 0, value)
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    if np.any(finite != np.round(finite)):
        raise _NotInteger(f"the constant {float(finite[finite != np.round(finite)][0]):g} is not an integer")
    # -inf is the neutral element of a maximum (padding of max pooling) and never enters a sum there
    return _Size(float(np.abs(finite).max(initial=0.0)), 0, value)


def _finite_max(sizes: list[_Size]) -> float:
    return max(s.bound for s in sizes)


def _power(eqn: Any, sizes: list[_Size]) -> _Size:
    exponent = int(eqn.params["y"])
    if exponent < 0:
        raise _NotInteger("a negative power")
    return _Size(sizes[0].bound ** exponent, exponent * sizes[0].degree)
