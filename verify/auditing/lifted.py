"""A traced program in another precision: what was traced for float32 is evaluated in float64, rules included.

JAX fixes dtypes when it traces, and the witnesses compute in float64. So every value whose dtype in the program is
floating is carried in the wide dtype instead, constants and casts included. A rule stays a rule: its forward and
backward pass are traced for the program's own dtypes, with JAX's own settings, and evaluated wide, each in turn. Where
a primitive cannot be widened (random bits made into a float, a call out of the program) its operands are narrowed for
it and its results widened again: they have the program's own precision there, and the tolerances find that out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify import interpreter
from verify.interpreter import CALLS, RULES

# primitives whose result is a matter of bits or of a stated precision, or that refuse other dtypes
_OWN_PRECISION = frozenset("bitcast_convert_type reduce_precision random_gamma nextafter".split())


def wide(dtype: Any) -> Any:
    """The dtype in which values of `dtype` are carried."""
    if jnp.issubdtype(dtype, jnp.floating):
        return np.dtype(np.float64)
    return np.dtype(np.complex128) if jnp.issubdtype(dtype, jnp.complexfloating) else dtype


def differentiable(aval: Any) -> bool:
    """Whether values of this type have a derivative."""
    return jnp.issubdtype(aval.dtype, jnp.inexact)


def evaluate(program: Any, args: Sequence[Any]) -> list[Any]:
    """The outputs of a program at wide arguments."""
    return [_widened(out) for out in interpreter.evaluate(program, list(map(_widened, args)), _step)]


def rule(eqn: Any) -> Callable[..., list[Any]]:
    """The rule of an equation, as a function of wide arguments with that rule."""
    return _with_jvp(eqn) if "jvp" in eqn.primitive.name else _with_vjp(eqn)


def _step(_: int, eqn: Any, values: list[Any]) -> list[Any]:
    name = eqn.primitive.name
    values = [_widened(v) for v in values]
    if name in RULES:
        return rule(eqn)(*values)
    if name in CALLS:
        return evaluate(eqn.params[CALLS[name]], values)
    if name == "scan":
        return _scan(eqn, values)
    if name == "while":
        return _while(eqn, values)
    if name == "cond":
        branches = [lambda *v, branch=branch: evaluate(branch, v) for branch in eqn.params["branches"]]
        return list(jax.lax.switch(values[0], branches, *values[1:]))
    floating = any(differentiable(atom.aval) for atom in (*eqn.invars, *eqn.outvars) if hasattr(atom.aval, "dtype"))
    holds_program = any(True for _ in interpreter.inner(eqn))
    if not floating:
        return interpreter.bind(eqn, values)
    if (
        name in _OWN_PRECISION
        or interpreter.calls_out(eqn)
        or (holds_program and not name.startswith(("reduce", "scatter")))
    ):
        return _in_own_precision(eqn, values)
    if holds_program:
        return _with_wide_programs(eqn, values)
    return [_widened(out) for out in interpreter.bind(eqn, values, _wide_params(eqn.params))]


def _widened(value: Any) -> Any:
    dtype = getattr(value, "dtype", None)
    if dtype is None:
        return _widened(np.asarray(value))
    target = wide(dtype)
    return value if target == dtype else jax.lax.convert_element_type(value, target)


def _narrowed(value: Any, aval: Any) -> Any:
    return value if value.dtype == aval.dtype else jax.lax.convert_element_type(value, aval.dtype)


def _wide_params(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters that say a floating dtype, widened."""
    return {name: wide(value) if _says_dtype(value) else value for name, value in params.items()}


def _says_dtype(value: Any) -> bool:
    return isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic))


def _in_own_precision(eqn: Any, values: Sequence[Any]) -> list[Any]:
    avals = [atom.aval for atom in eqn.invars]
    return [
        _widened(out) for out in interpreter.bind(eqn, [_narrowed(*pair) for pair in zip(values, avals, strict=True)])
    ]


def _with_wide_programs(eqn: Any, values: Sequence[Any]) -> list[Any]:
    """A reduction or scatter, whose little program (an addition, say) is traced again for wide scalars."""
    params = dict(_wide_params(eqn.params))
    for name, at, program in interpreter.inner(eqn):
        if at is None:
            params[name] = _retraced(program)
    return [_widened(out) for out in interpreter.bind(eqn, values, params)]


def _retraced(program: Any) -> Any:
    jaxpr = getattr(program, "jaxpr", program)
    avals = [jax.ShapeDtypeStruct(var.aval.shape, wide(var.aval.dtype)) for var in jaxpr.invars]
    traced = jax.make_jaxpr(lambda *args: evaluate(program, args))(*avals)
    return traced if hasattr(program, "consts") else traced.jaxpr


def _scan(eqn: Any, values: list[Any]) -> list[Any]:
    params = eqn.params
    constants, count = interpreter.scan_parts(eqn)
    carried = constants + count
    consts = values[:constants]

    def step(carry: Any, x: Any) -> Any:
        outs = evaluate(params["jaxpr"], [*consts, *carry, *x])
        return outs[:count], outs[count:]

    options = {name: params[name] for name in ("length", "reverse", "unroll")}
    carry, ys = jax.lax.scan(step, values[constants:carried], values[carried:], **options)
    return [*carry, *ys]


def _while(eqn: Any, values: list[Any]) -> list[Any]:
    params = eqn.params
    ahead, behind = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
    cond_consts, body_consts = values[:ahead], values[ahead:behind]
    return list(
        jax.lax.while_loop(
            lambda carry: evaluate(params["cond_jaxpr"], [*cond_consts, *carry])[0],
            lambda carry: evaluate(params["body_jaxpr"], [*body_consts, *carry]),
            values[behind:],
        )
    )


class _Native:
    """An equation's own rule as JAX runs it, traced for the program's own dtypes whatever mode is on now."""

    def __init__(self, eqn: Any) -> None:
        self._eqn = eqn
        self.avals = [atom.aval for atom in eqn.invars]
        self.outs = [var.aval for var in eqn.outvars]
        self.floats = [i for i, aval in enumerate(self.avals) if differentiable(aval)]
        self.float_outs = [i for i, aval in enumerate(self.outs) if differentiable(aval)]

    def call(self, floats: Sequence[Any], values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Floating outputs and all outputs, as a function of the floats among the values."""
        args = list(values)
        for i, x in zip(self.floats, floats, strict=True):
            args[i] = x
        outs = interpreter.bind(self._eqn, args)
        return [outs[i] for i in self.float_outs], outs

    def traced(self, fun: Callable[..., Any], *args: Any) -> tuple[Any, Any]:
        """The program of `fun` and the tree of what it returns; 64-bit types are off unless the program has some."""
        double = any(str(aval.dtype) in ("float64", "complex128", "int64", "uint64") for aval in self.avals + self.outs)
        with jax.enable_x64(double):
            closed, shapes = jax.make_jaxpr(fun, return_shape=True)(*args)
        return closed, jax.tree.structure(shapes)


def _with_vjp(eqn: Any) -> Callable[..., list[Any]]:
    native = _Native(eqn)
    program = eqn.params[RULES[eqn.primitive.name]]
    backward: list[Any] = []  # its program, traced by every forward pass: the residuals may differ

    ruled = jax.custom_vjp(lambda *values: tuple(evaluate(program, values)))

    def fwd(*values: Any) -> Any:
        narrow = [_narrowed(*pair) for pair in zip(values, native.avals, strict=True)]

        def forward(*args: Any) -> Any:
            run = lambda *floats: native.call(floats, args)  # noqa: E731
            _, pullback, outs = jax.vjp(run, *[args[i] for i in native.floats], has_aux=True)
            return outs, pullback

        closed, tree = native.traced(forward, *narrow)
        flat = evaluate(closed, values)
        count = len(native.outs)
        residuals = [out.aval for out in closed.jaxpr.outvars[count:]]
        _, pullback_tree = tree.children()
        cotangents = [native.outs[i] for i in native.float_outs]

        def pull(leaves: Any, ws: Any) -> Any:
            return jax.tree.unflatten(pullback_tree, leaves)(ws)

        backward[:] = [native.traced(pull, residuals, cotangents)[0]]
        return tuple(flat[:count]), flat[count:]

    def bwd(saved: Any, ws: Any) -> Any:
        found = evaluate(backward[0], [*saved, *(ws[i] for i in native.float_outs)])
        full: list[Any] = [None] * len(native.avals)
        for i, g in zip(native.floats, found, strict=True):
            full[i] = g
        return tuple(full)

    ruled.defvjp(fwd, bwd)
    return lambda *values: list(ruled(*values))


def _with_jvp(eqn: Any) -> Callable[..., list[Any]]:
    native = _Native(eqn)
    program = eqn.params[RULES[eqn.primitive.name]]
    ruled = jax.custom_jvp(lambda *values: tuple(evaluate(program, values)))

    @ruled.defjvp
    def jvp(primals: Any, tangents: Any) -> Any:
        narrow = [_narrowed(*pair) for pair in zip(primals, native.avals, strict=True)]

        def both(args: Any, moves: Any) -> Any:
            run = lambda *floats: native.call(floats, args)  # noqa: E731
            _, moved, outs = jax.jvp(run, tuple(args[i] for i in native.floats), tuple(moves), has_aux=True)
            return outs, moved

        moves = [tangents[i] for i in native.floats]
        narrow_moves = [_narrowed(t, native.avals[i]) for i, t in zip(native.floats, moves, strict=True)]
        closed, _ = native.traced(both, narrow, narrow_moves)
        flat = evaluate(closed, [*primals, *moves])
        outs, moved = flat[: len(native.outs)], iter(flat[len(native.outs) :])
        none = [np.zeros(aval.shape, jax.dtypes.float0) for aval in native.outs]
        return tuple(outs), tuple(next(moved) if i in native.float_outs else none[i] for i in range(len(none)))

    return lambda *values: list(ruled(*values))
