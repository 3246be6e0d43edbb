"""Whether a program's result rests on an overflow: an intermediate that is infinite, and whose infinity is used.

tanh(sinh(300)) is 1 in float32 because sinh(300) is infinite there, and the chain rule then says 0 times infinity. An
infinity that nobody uses (the branch that a selection does not take) is another matter: its gradient must not show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from verify.interpreter import CALLS, RULES, bind, evaluate


def poisoned(fun: Callable[..., Any]) -> Callable[..., Any]:
    """`fun` with every infinity that it makes out of finite numbers turned into NaN, which marks what depends on it."""

    def marked(*args: Any) -> Any:
        closed, shape = jax.make_jaxpr(fun, return_shape=True)(*args)
        return jax.tree.unflatten(jax.tree.structure(shape), evaluate(closed, jax.tree.leaves(args), _apply))

    return marked


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
