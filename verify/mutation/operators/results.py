"""Mistakes that can happen to any result: sign, scale, one entry, precision, a gradient that is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
from jax import lax

from verify.mutation.operators._operator import Edit, Operator, is_float, on_result


def _negated(eqn: Any) -> Iterator[Edit]:
    if is_float(eqn):
        yield "result negated", on_result(lambda y: -y)


def _scaled(eqn: Any) -> Iterator[Edit]:
    if is_float(eqn):
        yield "result times 1.001", on_result(lambda y: y * 1.001)


def _one_entry(eqn: Any) -> Iterator[Edit]:
    if is_float(eqn) and eqn.outvars[0].aval.size > 1:
        yield "last entry times 1.001", on_result(lambda y: y.at[(-1,) * y.ndim].multiply(1.001))


def _zeroed(eqn: Any) -> Iterator[Edit]:
    if is_float(eqn):
        yield "result zero", on_result(jnp.zeros_like)


def _rounded(eqn: Any) -> Iterator[Edit]:
    if is_float(eqn):  # eight bits of mantissa, as bfloat16 has, in every dtype
        yield "result rounded to 8 bits", on_result(lambda y: lax.reduce_precision(y, 8, 7))


OPERATORS = (
    Operator("negated", "a sign is wrong", _negated),
    Operator("scaled", "a factor is off by 0.1 %", _scaled),
    Operator("one entry scaled", "one entry of an array is off by 0.1 %", _one_entry),
    Operator("zeroed", "a term is lost, as by stop_gradient", _zeroed),
    Operator("rounded", "an intermediate result is kept in half precision", _rounded),
)
