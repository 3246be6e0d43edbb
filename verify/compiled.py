"""What every program is compiled with, and once for each set of shapes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from verify.stripping import equations

_SMALL = 2048  # entries of one item up to which compiling costs more than running
_LITERAL = {"xla_allow_excess_precision": False}


class Compiled:
    """`fun(*trees of arrays)`, compiled at the first call with each set of shapes and dtypes.

    A cast to bfloat16 means what it says: some processors and some fusions keep the bits that it drops (XLA's "excess
    precision"), and the verdict on a rule must not depend on the machine.

    With `quick`, small programs are compiled on the CPU without optimisation: compiling is over 95 % of a check, and a
    convolution's rule takes 0.03 s so, 0.24 s by default (jax 0.10, 2 cores). Large problems run long enough to want
    optimised code (a whole LeNet runs 50 times slower without). Nor are they simplified: XLA makes x of log(exp(x)),
    which is infinite op by op. So the float64 programs, which are quick, show what the code says, and the rule in the
    user's own dtype, optimised as in the user's program, what it does there.
    """

    def __init__(self, fun: Callable[..., Any], entries: int, *, quick: bool) -> None:
        """Nothing is traced before the first call.

        Args:
            fun: of trees of arrays.
            entries: size of what it is given, to tell small from large.
            quick: compile without optimisation where that pays.
        """
        self._fun = jax.jit(fun)
        self._small = entries <= _SMALL and jax.default_backend() == "cpu"
        self._quick = quick and self._small
        self._programs: dict[Any, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Run it; what it raises while it runs is raised here."""
        leaves, treedef = jax.tree.flatten(args)
        shapes = treedef, tuple((np.shape(x), x.dtype) for x in leaves)
        if shapes not in self._programs:
            self._programs[shapes] = self._compiled(self._fun.trace(*args))
        return self._programs[shapes](*args)

    def _compiled(self, traced: Any) -> jax.stages.Compiled:
        lowered = traced.lower()
        if not self._quick:
            return lowered.compile(_LITERAL | (_unsplit() if self._small else {}))
        simplified = _LITERAL | _quick_options()
        if not any(map(_crops_between, equations(traced.jaxpr))):
            try:
                return lowered.compile(simplified | {"xla_disable_hlo_passes": "algsimp"})
            except jax.errors.JaxRuntimeError:
                pass  # there may be more that has to be simplified; where the program is at fault, it is raised below
        return lowered.compile(simplified)


def _crops_between(eqn: Any) -> bool:
    """Padding inside with cropping at an edge: XLA's CPU backend cannot do it before it is simplified to two steps."""
    if eqn.primitive.name != "pad":
        return False
    pads = eqn.params["padding_config"]
    return any(low < 0 or high < 0 for low, high, _ in pads) and any(inside > 0 for _, _, inside in pads)


@functools.cache
def _quick_options() -> dict[str, Any]:
    """Neither optimised nor split among threads: what of that this version's compiler knows."""
    return {"xla_backend_optimization_level": 0} | _known({"xla_cpu_use_fusion_emitters": False}) | _unsplit()


@functools.cache
def _unsplit() -> dict[str, Any]:
    """Small programs are compiled by one thread: sharing them out costs more than it saves."""
    return _known({"xla_cpu_parallel_codegen_split_count": 1})


def _known(options: dict[str, Any]) -> dict[str, Any]:
    """The options, or none if this version's compiler does not know them."""
    try:
        jax.jit(lambda x: x).lower(np.float32(0)).compile(options)
    except jax.errors.JaxRuntimeError:
        return {}
    return options
