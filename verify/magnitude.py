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

import jax.numpy as jnp
import numpy as np
from jax.extend import core

from verify import _precision
from verify.tolerance import terms

_SAME = frozenset(
    "neg reshape transpose broadcast_in_dim squeeze slice dynamic_slice rev copy copy_p reduce_max reduce_min abs "
    "reduce_window_max reduce_window_min stop_gradient gather "
    "optimization_barrier real split".split()
)
_WIDEST = frozenset("select_n max min concatenate pad clamp dynamic_update_slice select_and_gather_add".split())
_SUMS = frozenset("reduce_sum reduce_window_sum cumsum".split())
_LOGICAL = frozenset("gt lt ge le eq ne argmax argmin iota is_finite".split())
_BOOLEAN = frozenset("and or not xor".split())  # of integers they would be bitwise, and have no such bound
_CALLS = frozenset(
    "jit pjit closed_call remat2 checkpoint custom_jvp_call custom_vjp_call custom_vjp_call_jaxpr".split()
)
# what keeps a polynomial a polynomial: everything else chooses between pieces
_POLYNOMIAL = frozenset(
    "neg reshape transpose broadcast_in_dim squeeze slice rev copy copy_p stop_gradient convert_element_type real "
    "split optimization_barrier concatenate pad add sub add_any mul integer_pow square dot_general "
    "conv_general_dilated reduce_sum reduce_window_sum cumsum div".split()
)
_PRODUCTS = frozenset(["dot_general", "conv_general_dilated"])
_COUNTS = 12  # averages over more than 12 entries: the least common multiple of the counts outgrows a float32


class Bound(NamedTuple):
    """What is known of a program on integers.

    Attributes:
        largest: of all intermediates, in absolute value.
        degree: of the results as polynomials in floats and cotangents.
        unit: what the cotangents must be multiples of, so that every division comes out even.
        polynomial: whether the results are polynomials at all; False where a maximum or a selection chooses pieces.
    """

    largest: float
    degree: int
    unit: int
    polynomial: bool


class _Size(NamedTuple):
    bound: float
    degree: int
    unit: int = 1  # the product of the divisors met so far
    dual: bool = False  # a multiple of the cotangents, which are multiples of `unit`


class _NotInteger(Exception):
    pass


def bound(jaxpr: Any, counts: tuple[int, int, int], top: int, others: Sequence[Any]) -> Bound | str:
    """Bound `jaxpr(floats, others, cotangents)` for integer entries up to `top`; a string says why there is none."""
    walk = _Walk()
    sizes = [_Size(float(top), 1)] * counts[0]
    sizes += [_Size(float(np.max(np.abs(np.asarray(n, np.float64)), initial=0.0)), 0) for n in others]
    sizes += [_Size(float(top), 1, dual=True)] * counts[2]
    try:
        results = walk.run(jaxpr.jaxpr, jaxpr.consts, sizes)
    except _NotInteger as reason:
        return str(reason)
    return Bound(walk.largest, max((r.degree for r in results), default=0), walk.unit, walk.polynomial)


class _Walk:
    """One pass over a jaxpr; what `Bound` reports collects over everything seen."""

    def __init__(self) -> None:
        self.largest = 0.0
        self.unit = 1
        self.polynomial = True

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
        if name in _CALLS:
            inner = next(eqn.params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in eqn.params)
            return self.run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), sizes)
        if name not in _RULES:
            raise _NotInteger(f"`{name}` does not map integers to integers that can be bounded")
        if name not in _POLYNOMIAL and any(size.degree > 0 for size in sizes):
            self.polynomial = False
        size = _RULES[name](eqn, sizes)
        unit = math.prod(s.unit for s in sizes) if name == "mul" or name in _PRODUCTS else _common_unit(sizes)
        size = size._replace(unit=unit * size.unit, dual=any(s.dual for s in sizes))
        self.unit = math.lcm(self.unit, size.unit)
        return [size] * len(eqn.outvars)


def _common_unit(sizes: Sequence[_Size]) -> int:
    return math.lcm(*(size.unit for size in sizes))


def _needed(jaxpr: Any) -> set[Any]:
    """Variables that the results depend on."""
    needed = {atom for atom in jaxpr.outvars if not isinstance(atom, core.Literal)}
    for eqn in reversed(jaxpr.eqns):
        if any(var in needed for var in eqn.outvars):
            needed |= {atom for atom in eqn.invars if not isinstance(atom, core.Literal)}
    return needed


def _constant(value: Any) -> _Size:
    if _precision.is_key(value):
        raise _NotInteger("a random key is a constant of the program")
    array = np.asarray(value)
    if array.dtype.kind == "b":
        return _Size(1.0, 0)
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    if np.any(finite != np.round(finite)):
        raise _NotInteger(f"the constant {float(finite[finite != np.round(finite)][0]):g} is not an integer")
    # -inf is the neutral element of a maximum (padding of max pooling) and never enters a sum there
    return _Size(float(np.abs(finite).max(initial=0.0)), 0)


def _same(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(sizes[0].bound, sizes[0].degree)


def _sign(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(1.0, 0)


def _logical(eqn: Any, sizes: list[_Size]) -> _Size:
    """Truth values, and indices, which are smaller than the longest axis they were found along."""
    shapes = [eqn.outvars[0].aval.shape, *(getattr(atom.aval, "shape", ()) for atom in eqn.invars)]
    return _Size(float(max((n for shape in shapes for n in shape), default=1)), 0)


def _boolean(eqn: Any, sizes: list[_Size]) -> _Size:
    if eqn.outvars[0].aval.dtype != bool:
        raise _NotInteger(f"`{eqn.primitive.name}` of integers is bitwise")
    return _Size(1.0, 0)


def _widest(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(max(s.bound for s in sizes), max(s.degree for s in sizes))


def _sum(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(sizes[0].bound + sizes[1].bound, max(s.degree for s in sizes))


def _reduction(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(terms(eqn) * sizes[0].bound, sizes[0].degree)


def _product(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(terms(eqn) * sizes[0].bound * sizes[1].bound, sizes[0].degree + sizes[1].degree)


def _power(eqn: Any, sizes: list[_Size]) -> _Size:
    exponent = 2 if eqn.primitive.name == "square" else int(eqn.params["y"])
    if exponent < 0:
        raise _NotInteger("a negative power")
    return _Size(sizes[0].bound ** exponent, exponent * sizes[0].degree)


def _scatter_add(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(sizes[0].bound + terms(eqn) * sizes[2].bound, max(sizes[0].degree, sizes[2].degree))


def _select_and_scatter_add(eqn: Any, sizes: list[_Size]) -> _Size:
    return _Size(math.prod(eqn.params["window_dimensions"]) * sizes[0].bound, max(s.degree for s in sizes))


def _converted(eqn: Any, sizes: list[_Size]) -> _Size:
    """The same integer, as long as the new dtype holds 24 bits: what is narrower may round or overflow."""
    dtype = eqn.params["new_dtype"]
    narrow = _precision.unit_roundoff(dtype) > 2.0**-24 if jnp.issubdtype(dtype, jnp.floating) else dtype.itemsize < 4
    if narrow and dtype not in (np.dtype(bool), eqn.invars[0].aval.dtype):
        raise _NotInteger(f"a conversion to {dtype} may round")
    return _same(eqn, sizes)


def _quotient(eqn: Any, sizes: list[_Size]) -> _Size:
    numerator, divisor = sizes
    if divisor.degree > 0:
        raise _NotInteger("`div` by something that depends on the inputs")
    largest = round(divisor.bound)
    if largest > _COUNTS:
        raise _NotInteger(f"`div` by up to {largest}")
    if not numerator.dual and largest > 2:  # halves are exact in binary; the bound leaves room for their bits
        raise _NotInteger("`div` of something that is no multiple of the cotangents")
    return _Size(numerator.bound, numerator.degree, unit=math.lcm(*range(1, largest + 1)))


_RULES: dict[str, Callable[[Any, list[_Size]], _Size]] = {
    **dict.fromkeys(_SAME, _same),
    **dict.fromkeys(_LOGICAL, _logical),
    **dict.fromkeys(_BOOLEAN, _boolean),
    **dict.fromkeys(_WIDEST, _widest),
    **dict.fromkeys(_SUMS, _reduction),
    **dict.fromkeys(_PRODUCTS, _product),
    **dict.fromkeys(("add", "sub", "add_any"), _sum),
    **dict.fromkeys(("integer_pow", "square"), _power),
    "mul": _product,
    "sign": _sign,
    "scatter-add": _scatter_add,
    "select_and_scatter_add": _select_and_scatter_add,
    "convert_element_type": _converted,
    "div": _quotient,
}
