"""The largest intermediate of a program at a point: the scale at which its roundings happen.

Terms of that size may cancel in a correct program (y (g - <g, y>) of a softmax, sum(dO O) of an attention), so its
result can be off by a few roundings of them, however small it is itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

from verify.stripping import CALLS, RULES


def largest(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the same arguments: max |v| over all finite floating intermediates v of `fun`."""

    def measured(*args: Any) -> Any:
        closed = jax.make_jaxpr(fun)(*args)
        seen = [jnp.zeros((), jnp.result_type(float))]
        _walk(closed.jaxpr, closed.consts, jax.tree.leaves(args), seen)
        return jnp.max(jnp.stack(seen))

    return measured


def _walk(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any], seen: list[Any]) -> list[Any]:
    env: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else env[atom]

    env.update(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        values = [read(atom) for atom in eqn.invars]
        key = CALLS.get(eqn.primitive.name) or (RULES.get(eqn.primitive.name))
        if key is not None and key in eqn.params:
            inner = eqn.params[key]
            outs = _walk(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), values, seen)
        else:
            # of a loop, only what comes out is seen
            out = eqn.primitive.bind(*values, **eqn.primitive.get_bind_params(eqn.params))
            outs = list(out) if eqn.primitive.multiple_results else [out]
            seen.extend(_size(value) for value in outs if jnp.issubdtype(value.dtype, jnp.floating) and value.size)
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _size(value: Any) -> Any:
    finite = jnp.where(jnp.isfinite(value), jnp.abs(value), 0)
    return jnp.max(finite).astype(jnp.result_type(float))
