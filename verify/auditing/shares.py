"""The share of a loss's gradient that flows through each rule: |g - g0| / |g|, with g0 the gradient without it.

g0 is measured: the program is built again with a gate behind every rule, which lets the value through and, when it is
shut, no cotangent. One compiled gradient is run once for each rule and once with all gates open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from verify import interpreter
from verify.auditing.capture import Captured
from verify.auditing.lifted import differentiable
from verify.auditing.place import Place
from verify.auditing.site import Site
from verify.auditing.walk import Walk
from verify.subject import first_line


def shares(captured: Captured, gate_of: Mapping[str, int], count: int) -> tuple[list[float | None], str | None]:
    """The share of every gate, None where it has none; and a sentence where shares could not be measured at all.

    Args:
        captured: the program and its arguments.
        gate_of: for every address of a rule outside of other rules, the number of its gate. One that no gate can be put
            behind, in a while loop or inside a linear solve, has no share.
        count: how many gates there are.
    """
    none: list[float | None] = [None] * count
    outs = captured.program.jaxpr.outvars
    if not outs or outs[0].aval.shape != () or not jnp.issubdtype(outs[0].aval.dtype, jnp.floating):
        return none, "the share of the gradient was not measured: the first output is no scalar loss"
    floats = [i for i, a in enumerate(captured.args) if differentiable(a)]
    if not floats:
        return none, "the share of the gradient was not measured: no argument is a floating array"
    met: set[int] = set()
    gradient = _gradient(captured, floats, gate_of, met)
    try:
        whole = gradient(jnp.ones(count))
        without = [gradient(jnp.ones(count).at[k].set(0)) if k in met else None for k in range(count)]
    except Exception as error:  # a while loop, a callback: JAX says which
        return none, f"the share of the gradient was not measured: JAX cannot differentiate it ({first_line(error)})"
    size = _norm(whole)
    if not 0 < size < np.inf:
        return none, f"the share of the gradient was not measured: its norm is {size:.3g}"
    return [None if g is None else _norm(_minus(whole, g)) / size for g in without], None


def _gradient(
    captured: Captured, floats: Sequence[int], gate_of: Mapping[str, int], met: set[int]
) -> Callable[[Any], Any]:
    @jax.jit
    def run(gates: Any, moving: Sequence[Any]) -> Any:
        def loss(moving: Sequence[Any]) -> Any:
            args = list(captured.args)
            for i, x in zip(floats, moving, strict=True):
                args[i] = x
            return _Gated(gates, gate_of, met).evaluate(captured.program, args, Place())[0]

        return jax.grad(loss)(moving)

    moving = [captured.args[i] for i in floats]
    return lambda gates: [np.asarray(g).astype(np.complex128) for g in run(gates, moving)]


def _minus(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [a - b for a, b in zip(left, right, strict=True)]


def _norm(leaves: Sequence[np.ndarray]) -> float:
    return float(np.sqrt(sum(float(np.sum(np.abs(leaf) ** 2)) for leaf in leaves)))


class _Gated(Walk):
    """The program with a gate behind every rule."""

    def __init__(self, gates: Any, gate_of: Mapping[str, int], met: set[int]) -> None:
        """`met` is filled with the numbers of the gates that were built."""
        self._gates, self._gate_of, self._met = gates, gate_of, met

    def rule(self, found: Site, values: list[Any], index: int) -> list[Any]:
        """The rule as it stands, and its gate."""
        outs = interpreter.bind(found.eqn, values)
        gate = self._gate_of[found.address]
        self._met.add(gate)
        open_ = self._gates[gate] > 0
        return [jnp.where(open_, y, jax.lax.stop_gradient(y)) if differentiable(y) else y for y in outs]

    def scan(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """All steps alike."""
        params = eqn.params
        constants, count = interpreter.scan_parts(eqn)
        carried = constants + count
        inside = place.looped(index, "scan", ())

        def step(carry: Any, x: Any) -> Any:
            outs = self.evaluate(params["jaxpr"], [*values[:constants], *carry, *x], inside)
            return outs[:count], outs[count:]

        options = {name: params[name] for name in ("length", "reverse", "unroll")}
        carry, ys = jax.lax.scan(step, values[constants:carried], values[carried:], **options)
        return [*carry, *ys]

    def while_(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """As it stands: JAX has no reverse mode for it, so no cotangent passes through."""
        return interpreter.bind(eqn, values)

    def cond(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """Every branch with its gates."""

        def gated(k: int, branch: Any) -> Callable[..., list[Any]]:
            return lambda *args: self.evaluate(branch, args, place.inside(index, f"cond[branch={k}]", k))

        branches = [gated(k, branch) for k, branch in enumerate(eqn.params["branches"])]
        return list(jax.lax.switch(values[0], branches, *values[1:]))

    def shard_map(self, eqn: Any, values: list[Any], place: Place, index: int) -> list[Any]:
        """On every device alike; the gates are handed in."""
        params = eqn.params

        def run(gates: Any, *args: Any) -> tuple[Any, ...]:
            inner = _Gated(gates, self._gate_of, self._met)
            return tuple(inner.evaluate(params["jaxpr"], args, place.inside(index, "shard_map")))

        mapped = jax.shard_map(
            run,
            mesh=params["mesh"],
            in_specs=(PartitionSpec(), *params["in_specs"]),
            out_specs=tuple(params["out_specs"]),
            axis_names=set(params["newly_manual_axes"]),
            check_vma=params["check_vma"],
        )
        return list(mapped(self._gates, *values))
