"""The primal without its rules: every `custom_jvp` / `custom_vjp` call replaced by the function it wraps.

This is what makes autodiff a witness: `jax.vjp` of the stripped function never runs the rule in question. Rules inside
jit, remat and closed calls are inlined; inside scan, while and cond the inner program is rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
from jax.extend import core

# primitives that hold a program, and the parameter that holds it
CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "remat2": "jaxpr", "checkpoint": "jaxpr", "closed_call": "call_jaxpr"}
RULES = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "custom_vjp_call_jaxpr": "fun_jaxpr"}
_LOOPS = ("scan", "while", "cond")


def without_rules(fun: Callable[..., Any], *, keep_inner: bool = False) -> Callable[..., Any]:
    """Return `fun` with every custom differentiation rule removed.

    With `keep_inner`, only the outermost rules go and those inside their primals stay (`jax.nn.relu` keeps its
    relu'(0) = 0): the second opinion at points where autodiff of the bare primitives follows another convention.
    """

    def stripped(*args: Any) -> Any:
        closed, out = jax.make_jaxpr(fun, return_shape=True)(*args)
        flat = _evaluate(closed.jaxpr, closed.consts, jax.tree.leaves(args), keep_inner)
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
    known = {*CALLS, *RULES, *_LOOPS}
    names = [
        eqn.primitive.name
        for eqn in equations(jaxpr)
        if eqn.primitive.name not in known and any(has_rule(inner) for inner in _inner(eqn))
    ]
    return tuple(dict.fromkeys(names))


def _inner(eqn: Any) -> Iterator[Any]:
    for value in eqn.params.values():
        for entry in value if isinstance(value, tuple | list) else (value,):
            if hasattr(entry, "eqns") or hasattr(entry, "jaxpr"):
                yield entry


def _evaluate(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any], keep_inner: bool) -> list[Any]:
    env: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else env[atom]

    env.update(zip(jaxpr.constvars, consts, strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    for eqn in jaxpr.eqns:
        outs = _apply(eqn, [read(atom) for atom in eqn.invars], keep_inner)
        env.update(zip(eqn.outvars, outs, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _apply(eqn: Any, values: list[Any], keep_inner: bool) -> list[Any]:
    name = eqn.primitive.name
    if name in RULES:
        inner = eqn.params[RULES[name]]
        if keep_inner:
            return core.jaxpr_as_fun(inner)(*values)
        return _evaluate(inner.jaxpr, inner.consts, values, keep_inner)
    if name in CALLS and any(has_rule(inner) for inner in _inner(eqn)):
        inner = eqn.params[CALLS[name]]
        return _evaluate(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), values, keep_inner)
    params = eqn.params
    if name in _LOOPS and any(has_rule(inner) for inner in _inner(eqn)):
        params = {key: _rewrite(value, keep_inner) for key, value in params.items()}
    # get_bind_params turns the jaxprs of call-like primitives into the functions that bind expects
    out = eqn.primitive.bind(*values, **eqn.primitive.get_bind_params(params))
    return list(out) if eqn.primitive.multiple_results else [out]


def _rewrite(value: Any, keep_inner: bool) -> Any:
    if isinstance(value, tuple) and value and all(hasattr(entry, "jaxpr") for entry in value):
        return tuple(_rewrite(entry, keep_inner) for entry in value)
    if not hasattr(value, "jaxpr"):
        return value
    avals = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in value.in_avals]
    return jax.make_jaxpr(lambda *args: _evaluate(value.jaxpr, value.consts, args, keep_inner))(*avals)
