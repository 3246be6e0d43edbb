"""What a planted fault is, and the few ways of planting one.

A fault takes a right rule and returns one that is wrong in exactly one cotangent. Each is a mistake that people make;
together they measure a checker: how many does it notice, and does it say which?
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.rules import Rule

Plant = Callable[[Rule], Rule]

# change(right, residuals, cotangent, **options) -> wrong: from the right cotangent of one argument to a wrong one.
Change = Callable[..., Array]


@dataclass(frozen=True)
class Fault:
    """One wrong derivative.

    Attributes:
        name: what to call it by.
        rule: the name of the rule it belongs to.
        argument: the argument whose cotangent it spoils.
        description: one sentence on the mistake.
        plant: from the right rule to the wrong one.
        shows_in: where it can be seen: in the values of the cotangent, only in its dtype, only under `jax.vmap`, or
            only in derivatives of second order.
    """

    name: str
    rule: str
    argument: str
    description: str
    plant: Plant
    shows_in: Literal["values", "dtype", "vmap", "second order"] = "values"


def spoil(position: int, change: Change) -> Plant:
    """Return a plant that replaces the cotangent at `position` and leaves all others right."""

    def plant(rule: Rule) -> Rule:
        def backward(residuals: Residuals, cotangent: Array, **options: Any) -> tuple[Any, ...]:
            right = rule.backward(residuals, cotangent, **options)
            wrong = change(right[position], residuals, cotangent, **options)
            return (*right[:position], wrong, *right[position + 1 :])

        return replace(rule, backward=backward)

    return plant


def negated(right: Array, *_: Any, **__: Any) -> Array:
    """Return the cotangent with its sign flipped."""
    return -right


def mean_of_batch(right: Array, _: Residuals, cotangent: Array, **__: Any) -> Array:
    """Return the mean over the examples in place of the sum; right for a single example."""
    return right / cotangent.shape[0]


def one_entry_off(right: Array, *_: Any, **__: Any) -> Array:
    """Return the cotangent with its last entry 0.1 % too large."""
    last = (-1,) * right.ndim
    return right.at[last].multiply(1.001)


def as_float32(right: Array, *_: Any, **__: Any) -> Array:
    """Return the cotangent of a half-precision argument in float32; wider arguments keep theirs."""
    return right.astype(jnp.float32) if jnp.finfo(right.dtype).bits < 32 else right


def summed_under_vmap(right: Array, *_: Any, **__: Any) -> Array:
    """Return the cotangent as it is, but under `jax.vmap` its sum over the mapped axis, for every index."""
    return _summed_under_vmap(right)


@jax.custom_batching.custom_vmap
def _identity(values: Array) -> Array:
    return values


@_identity.def_vmap
def _sum_over_mapped_axis(axis_size: int, in_batched: list[bool], values: Array) -> tuple[Array, bool]:
    del axis_size, in_batched
    return jnp.broadcast_to(jnp.sum(values, axis=0, keepdims=True), values.shape), True


# custom_vmap has no reverse mode of its own; this lends it one, so that the fault shows under vmap and nowhere else.
@jax.custom_vjp
def _summed_under_vmap(values: Array) -> Array:
    return _identity(values)


_summed_under_vmap.defvjp(lambda values: (_identity(values), None), lambda _, cotangent: (cotangent,))
