"""Mistakes in a formula: another operator, exchanged or forgotten operands, another function, exponent or constant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend import core

from verify import interpreter
from verify.mutation.operators._operator import Edit, Evaluate, Operator, in_place_of, is_float, with_params

_OTHERS: dict[str, tuple[Callable[..., Any], ...]] = {
    "add": (lax.sub,),
    "add_any": (lax.sub,),
    "sub": (lax.add,),
    "mul": (lax.add, lax.div),
    "div": (lax.mul,),
    "max": (lax.min,),
    "min": (lax.max,),
}
_ORDERED = ("sub", "div", "pow", "atan2", "rem", "dot_general")
_BINARY = (*_OTHERS, "pow", "atan2", "rem")
_RELATED: dict[str, tuple[Callable[..., Any], ...]] = {
    "sin": (lax.cos,),
    "cos": (lax.sin,),
    "tan": (lax.tanh,),
    "tanh": (lax.sin, lax.logistic),
    "logistic": (lax.tanh,),
    "exp": (lax.expm1,),
    "expm1": (lax.exp,),
    "log": (lax.log1p,),
    "log1p": (lax.log,),
    "sqrt": (lax.rsqrt, lax.cbrt),
    "rsqrt": (lax.sqrt,),
    "cbrt": (lax.sqrt,),
    "sinh": (lax.cosh,),
    "cosh": (lax.sinh,),
    "erf": (lax.erfc, lax.tanh),
    "erfc": (lax.erf,),
    "sign": (lax.abs,),
    "abs": (lax.sign,),
    "square": (lax.abs,),
    "floor": (lax.ceil,),
    "ceil": (lax.floor,),
}


def _replaced(eqn: Any) -> Iterator[Edit]:
    if not is_float(eqn):
        return
    for other in _OTHERS.get(eqn.primitive.name, ()):
        yield f"{eqn.primitive.name} replaced by {other.__name__}", in_place_of(other)


def _exchanged(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name in _ORDERED and is_float(eqn):
        yield "operands exchanged", lambda eqn, values: interpreter.bind(eqn, values[::-1])


def _operand(position: int) -> Evaluate:
    return lambda eqn, values: [
        jnp.broadcast_to(jnp.asarray(values[position], eqn.outvars[0].aval.dtype), eqn.outvars[0].aval.shape)
    ]


def _dropped(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name in _BINARY and is_float(eqn):
        yield "second operand dropped", _operand(0)
        yield "first operand dropped", _operand(1)


def _function(eqn: Any) -> Iterator[Edit]:
    for other in _RELATED.get(eqn.primitive.name, ()):
        yield f"{eqn.primitive.name} replaced by {other.__name__}", in_place_of(other)
    if eqn.primitive.name in (*_RELATED, "neg", "integer_pow"):
        yield f"{eqn.primitive.name} dropped", _operand(0)


def _exponent(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name == "integer_pow":
        for step in (1, -1):
            yield f"exponent {step:+d}", with_params(partial(_other_power, step))
    if eqn.primitive.name == "square":
        yield "exponent +1", lambda eqn, values: [lax.integer_pow(values[0], 3)]
    if eqn.primitive.name == "pow" and is_float(eqn):
        yield "exponent -1", on_operand(1, lambda p: p - 1)


def _other_power(step: int, eqn: Any) -> dict[str, Any]:
    return {"y": eqn.params["y"] + step}


def on_operand(position: int, change: Callable[[Any], Any]) -> Evaluate:
    """Evaluate with one operand changed."""

    def evaluate(eqn: Any, values: list[Any]) -> list[Any]:
        changed = list(values)
        old = jnp.asarray(values[position])
        changed[position] = jnp.asarray(change(old), old.dtype)
        return interpreter.bind(eqn, changed)

    return evaluate


def _on_literal(position: int, change: Callable[[Any], Any]) -> Evaluate:
    edited = on_operand(position, change)

    def evaluate(eqn: Any, values: list[Any]) -> list[Any]:
        """What is a constant at the example may be an array elsewhere: then it is left alone."""
        is_literal = isinstance(eqn.invars[position], core.Literal)
        return edited(eqn, values) if is_literal else interpreter.bind(eqn, values)

    return evaluate


_FLOAT_CHANGES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("doubled", lambda c: 2 * c),
    ("halved", lambda c: c / 2),
    ("plus 1", lambda c: c + 1),
    ("negated", lambda c: -c),
    ("replaced by 0", jnp.zeros_like),
    ("replaced by 1", jnp.ones_like),
)
_INTEGER_CHANGES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("plus 1", lambda c: c + 1),
    ("minus 1", lambda c: c - 1),
)


def _constant(eqn: Any) -> Iterator[Edit]:
    for position, atom in enumerate(eqn.invars):
        if not isinstance(atom, core.Literal) or not hasattr(atom.aval, "dtype") or np.ndim(atom.val):
            continue
        kinds = {"f": _FLOAT_CHANGES, "V": _FLOAT_CHANGES, "i": _INTEGER_CHANGES, "u": _INTEGER_CHANGES}
        for label, change in kinds.get(np.dtype(atom.aval.dtype).kind, ()):
            yield f"constant {atom.val} {label}", _on_literal(position, change)


def _counted_twice(eqn: Any, values: list[Any]) -> list[Any]:
    (y,) = interpreter.bind(eqn, values)
    return [y + jnp.asarray(values[0], y.dtype)]


def _summand(eqn: Any) -> Iterator[Edit]:
    if eqn.primitive.name in ("add", "add_any", "sub") and is_float(eqn):
        yield "first operand counted twice", _counted_twice


OPERATORS = (
    Operator("operator replaced", "+ for -, * for /, max for min, or the other way round", _replaced),
    Operator("operands exchanged", "a - b for b - a, a / b for b / a, A B for B A", _exchanged),
    Operator("operand dropped", "a factor or a term is forgotten", _dropped),
    Operator("term doubled", "a term is accumulated twice", _summand),
    Operator("function replaced", "another function, or f(x) where f'(x) belongs, or none", _function),
    Operator("exponent changed", "x^n where x^(n-1) belongs", _exponent),
    Operator("constant changed", "2 or 1/2 forgotten, N off by one, another padding value", _constant),
)
