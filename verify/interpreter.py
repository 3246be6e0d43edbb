"""Evaluating a jaxpr equation by equation, where the caller decides what each equation does.

`evaluate` walks; `bind` runs an equation as it stands; `retraced` makes a jaxpr out of an evaluation, which is what
scan, while and cond want for the programs inside them. Stripping of rules and planting of mutants are both written
with these three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
from jax.extend import core

# primitives that hold a program, and the parameter that holds it
CALLS = {"jit": "jaxpr", "pjit": "jaxpr", "remat2": "jaxpr", "checkpoint": "jaxpr", "closed_call": "call_jaxpr"}
RULES = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "custom_vjp_call_jaxpr": "fun_jaxpr"}
LOOPS = ("scan", "while", "cond")
SHARDED = "shard_map"
# parts of the names of primitives that call out of the program: nothing of what they do is visible to JAX
_BOXES = ("callback", "ffi_call", "pallas_call", "custom_partitioning", "custom_call", "triton")

Apply = Callable[[int, Any, list[Any]], list[Any]]


def evaluate(program: Any, args: Sequence[Any], apply: Apply) -> list[Any]:
    """The outputs of `program`, open or closed; `apply(i, eqn, values)` gives the results of its i-th equation."""
    jaxpr = getattr(program, "jaxpr", program)
    env: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else env[atom]

    env.update(zip(jaxpr.constvars, getattr(program, "consts", ()), strict=True))
    env.update(zip(jaxpr.invars, args, strict=True))
    for i, eqn in enumerate(jaxpr.eqns):
        env.update(zip(eqn.outvars, apply(i, eqn, [read(atom) for atom in eqn.invars]), strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def bind(eqn: Any, values: Sequence[Any], params: Mapping[str, Any] | None = None) -> list[Any]:
    """The results of an equation on `values`, with its own parameters or with others."""
    # get_bind_params turns the jaxprs of call-like primitives into the functions that bind expects
    out = eqn.primitive.bind(*values, **eqn.primitive.get_bind_params(eqn.params if params is None else params))
    return list(out) if eqn.primitive.multiple_results else [out]


def calls_out(eqn: Any) -> bool:
    """Whether an equation calls something that JAX sees nothing of: a kernel, a library, a function of Python's."""
    return any(box in eqn.primitive.name for box in _BOXES)


def retraced(program: Any, run: Callable[[Sequence[Any]], list[Any]]) -> Any:
    """A closed jaxpr of `run`, with the arguments of `program`."""
    avals = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in program.in_avals]
    return jax.make_jaxpr(lambda *args: run(args))(*avals)


def shard_mapped(eqn: Any, values: Sequence[Any], run: Callable[..., Sequence[Any]]) -> list[Any]:
    """The results of a `shard_map` equation on `values` with `run` in place of its program, on the same mesh."""
    params = eqn.params
    mapped = jax.shard_map(
        lambda *args: tuple(run(*args)),
        mesh=params["mesh"],
        in_specs=tuple(params["in_specs"]),
        out_specs=tuple(params["out_specs"]),
        axis_names=set(params["newly_manual_axes"]),
        check_vma=params["check_vma"],
    )
    return list(mapped(*values))


def scan_parts(eqn: Any) -> tuple[int, int]:
    """How many operands of a scan are constants, and how many are carried.

    Read from the types, since the parameters that say it change from version to version: what is scanned over, and what
    is stacked, has one axis more outside than inside the body.
    """
    body = getattr(eqn.params["jaxpr"], "jaxpr", eqn.params["jaxpr"])
    scanned = sum(len(a.aval.shape) > len(b.aval.shape) for a, b in zip(eqn.invars, body.invars, strict=True))
    stacked = sum(len(a.aval.shape) > len(b.aval.shape) for a, b in zip(eqn.outvars, body.outvars, strict=True))
    carried = len(eqn.outvars) - stacked
    return len(eqn.invars) - scanned - carried, carried


def inner(eqn: Any) -> Iterator[tuple[str, int | None, Any]]:
    """The programs that an equation holds: name of the parameter, position in it if it is a tuple, the program."""
    for name, value in eqn.params.items():
        entries = enumerate(value) if isinstance(value, tuple | list) else ((None, value),)
        yield from ((name, at, entry) for at, entry in entries if hasattr(entry, "eqns") or hasattr(entry, "jaxpr"))
