"""The primal without its rules: every `custom_jvp` / `custom_vjp` call replaced by the function it wraps.

This is what makes autodiff a witness: `jax.vjp` of the stripped function never runs the rule in question. Rules inside
jit, remat and closed calls are inlined; inside scan, while, cond and shard_map the inner program is rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.extend import core

from verify import interpreter
from verify.interpreter import CALLS, LOOPS, RULES, SHARDED


def without_rules(fun: Callable[..., Any], *, keep_inner: bool = False) -> Callable[..., Any]:
    """Return `fun` with every custom differentiation rule removed.

    With `keep_inner`, only the outermost rules go and those inside their primals stay (`jax.nn.relu` keeps its
    relu'(0) = 0): the second opinion at points where autodiff of the bare primitives follows another convention.
    """

    def stripped(*args: Any) -> Any:
        closed, out = jax.make_jaxpr(fun, return_shape=True)(*args)
        flat = _evaluate(closed, jax.tree.leaves(args), keep_inner)
        return jax.tree.unflatten(jax.tree.structure(out), flat)

    return stripped


def has_rule(jaxpr: Any) -> bool:
    """Whether any equation, at any depth, carries a custom rule."""
    return any(eqn.primitive.name in RULES for eqn in equations(jaxpr))


def equations(jaxpr: Any) -> Iterator[Any]:
    """Every equation of a jaxpr and of the jaxprs inside it, outer ones first."""
    for eqn in getattr(jaxpr, "jaxpr", jaxpr).eqns:
        yield eqn
        for inner in _inner(eqn):
            yield from equations(inner)


def opaque(jaxpr: Any) -> tuple[str, ...]:
    """Names of primitives holding a rule that `without_rules` could not enter: reported, never skipped in silence."""
    known = {*CALLS, *RULES, *LOOPS, SHARDED}
    names = [
        eqn.primitive.name
        for eqn in equations(jaxpr)
        if eqn.primitive.name not in known and any(has_rule(inner) for inner in _inner(eqn))
    ]
    return tuple(dict.fromkeys(names))


def _inner(eqn: Any) -> Iterator[Any]:
    return (program for _, _, program in interpreter.inner(eqn))


def _evaluate(program: Any, args: Any, keep_inner: bool) -> list[Any]:
    return interpreter.evaluate(program, args, lambda _, eqn, values: _apply(eqn, values, keep_inner))


def _apply(eqn: Any, values: list[Any], keep_inner: bool) -> list[Any]:
    name = eqn.primitive.name
    if name in RULES:
        program = eqn.params[RULES[name]]
        return core.jaxpr_as_fun(program)(*values) if keep_inner else _evaluate(program, values, keep_inner)
    if name in CALLS and any(has_rule(program) for program in _inner(eqn)):
        return _evaluate(eqn.params[CALLS[name]], values, keep_inner)
    if name == SHARDED and any(has_rule(program) for program in _inner(eqn)):
        return interpreter.shard_mapped(eqn, values, lambda *args: _evaluate(eqn.params["jaxpr"], args, keep_inner))
    params = eqn.params
    if name in LOOPS and any(has_rule(program) for program in _inner(eqn)):
        params = {key: _rewrite(value, keep_inner) for key, value in params.items()}
    return interpreter.bind(eqn, values, params)


def _rewrite(value: Any, keep_inner: bool) -> Any:
    if isinstance(value, tuple) and value and all(hasattr(entry, "jaxpr") for entry in value):
        return tuple(_rewrite(entry, keep_inner) for entry in value)
    if not hasattr(value, "jaxpr"):
        return value
    return interpreter.retraced(value, lambda args: _evaluate(value, args, keep_inner))
