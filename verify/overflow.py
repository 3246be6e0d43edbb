"""Whether a program leaves its dtype's range on the way: overflows that are used, and underflows.

tanh(sinh(300)) is 1 in float32 because sinh(300) is infinite there, and the chain rule then says 0 times infinity. An
infinity that nobody uses (the branch that a selection does not take) is another matter: its gradient must not show.
sqrt(x x) is 0 at 1e-185 because the product is: there the primal itself is wrong, and so is every witness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from verify.interpreter import CALLS, RULES, bind, evaluate

_PRODUCTS = frozenset("mul div integer_pow square".split())  # exp(-1000) is zero for all that anybody wants to know


def poisoned(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun` with every infinity that it makes out of finite numbers turned into NaN, which marks what depends on it."""

    def marked(*args: Any) -> Any:
        closed, shape = jax.make_jaxpr(fun, return_shape=True)(*args)
        return jax.tree.unflatten(jax.tree.structure(shape), evaluate(closed, jax.tree.leaves(args), _apply))

    return marked


def underflows(fun: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the same arguments: whether a product of numbers that are not zero is below the normal range."""

    def seen(*args: Any) -> Any:
        lost = [jnp.zeros((), bool)]

        def apply(_: int, eqn: Any, values: Sequence[Any]) -> list[Any]:
            name = eqn.primitive.name
            key = CALLS.get(name) or RULES.get(name)
            if key is not None and key in eqn.params:
                return evaluate(eqn.params[key], values, apply)
            outs = bind(eqn, values)
            if name in _PRODUCTS and jnp.issubdtype(outs[0].dtype, jnp.floating):
                tiny = jnp.abs(outs[0]) < jnp.finfo(outs[0].dtype).tiny
                for value in values:
                    tiny &= (value != 0) & jnp.isfinite(value)
                lost.append(jnp.any(tiny))
            return outs

        evaluate(jax.make_jaxpr(fun)(*args), jax.tree.leaves(args), apply)
        return jnp.any(jnp.stack(lost))

    return seen


def first_infinity(fun: Callable[..., Any], *args: Any) -> str | None:
    """The primitive of the first equation of `fun` that makes a number out of range out of finite ones, run eagerly."""
    found: list[str] = []

    def apply(_: int, eqn: Any, values: Sequence[Any]) -> list[Any]:
        name = eqn.primitive.name
        key = CALLS.get(name) or RULES.get(name)
        if key is not None and key in eqn.params:
            return evaluate(eqn.params[key], values, apply)
        outs = bind(eqn, values)
        if not found and _all_finite(values) and not _all_finite(outs):
            found.append(name)
        return outs

    evaluate(jax.make_jaxpr(fun)(*args), jax.tree.leaves(args), apply)
    return found[0] if found else None


def _all_finite(values: Sequence[Any]) -> bool:
    floats = (v for v in map(jnp.asarray, values) if jnp.issubdtype(v.dtype, jnp.floating))
    return all(bool(jnp.isfinite(v).all()) for v in floats)


def _apply(_: int, eqn: Any, values: Sequence[Any]) -> list[Any]:
    key = CALLS.get(eqn.primitive.name) or RULES.get(eqn.primitive.name)
    if key is not None and key in eqn.params:
        return evaluate(eqn.params[key], values, _apply)
    given = jnp.zeros((), bool)
    for value in values:
        if jnp.issubdtype(jnp.asarray(value).dtype, jnp.floating):
            given |= jnp.any(jnp.isinf(value))
    return [
        jnp.where(jnp.isinf(out) & ~given, jnp.full_like(out, jnp.nan), out)
        if jnp.issubdtype(out.dtype, jnp.floating)
        else out
        for out in bind(eqn, values)
    ]
