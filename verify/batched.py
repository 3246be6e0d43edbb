"""Compile once, run many: a function of one item, mapped over a stack of items in one compiled loop.

`lax.map` and not `vmap`: the rule is traced exactly as the user wrote it, and a fault that shows only under vmap stays
the business of the vmap law. Stacks are cut into chunks of one size, so that every later call reuses the program.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision

_ENTRIES = 1 << 21  # entries per chunk and leaf stack: 16 MiB of float64, small beside any working set
CHUNK = 32
_SMALL = 2048  # entries of one item up to which compiling costs more than running


class Batched:
    """`one(*leaf_tuples) -> tree of arrays`, compiled for chunks; called with stacked tuples, returns NumPy arrays."""

    def __init__(self, one: Callable[..., Any], entries: int, *, double: bool, quick: bool | None = None) -> None:
        """Nothing is traced before the first call.

        Args:
            one: what is done per item.
            entries: size of one item.
            double: run in float64 mode.
            quick: compile without optimisation; by default what is run in float64 mode.
        """

        def program(stacked: Any) -> Any:
            return jax.lax.map(lambda row: one(*row), stacked)

        self._program = jax.jit(
            program, compiler_options=compiler_options(entries, quick=double if quick is None else quick)
        )
        self._chunk = max(1, min(CHUNK, _ENTRIES // max(1, entries)))
        self._double = double

    def __call__(self, *stacked: Sequence[Any]) -> Any:
        """Run every row of the stacks; the last chunk is filled up with copies of its last row."""
        count = len(next(leaf for leaves in stacked for leaf in leaves))
        rows = np.arange(-(-count // self._chunk) * self._chunk).clip(max=count - 1).reshape(-1, self._chunk)
        context = _precision.double_precision() if self._double else contextlib.nullcontext()
        with context:
            parts = [self._run(tuple(tuple(leaf[chunk] for leaf in leaves) for leaves in stacked)) for chunk in rows]
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)

    def _run(self, stacked: Any) -> Any:
        return jax.tree.map(np.asarray, self._program(stacked))


def compiler_options(entries: int, *, quick: bool) -> dict[str, Any]:
    """What every program is compiled with.

    A cast to bfloat16 means what it says: some processors and some fusions keep the bits that it drops (XLA's "excess
    precision"), and the verdict on a rule must not depend on the machine.

    With `quick`, small programs are compiled on the CPU without optimisation: compiling is over 95 % of a check, and a
    convolution's rule takes 0.03 s so, 0.24 s by default (jax 0.10, 2 cores). Large problems run long enough to want
    optimised code (a whole LeNet runs 50 times slower without). Nor are they simplified: XLA makes x of log(exp(x)),
    which is infinite op by op. So the float64 programs, which are quick, show what the code says, and the rule in the
    user's own dtype, optimised as in the user's program, what it does there.
    """
    literal = {"xla_allow_excess_precision": False}
    if not quick or entries > _SMALL or jax.default_backend() != "cpu":
        return literal
    return literal | _accepted_options()


@functools.cache
def _accepted_options() -> dict[str, Any]:
    """The options that this version's compiler knows: jax 0.12 has done away with the second."""
    plain = {"xla_backend_optimization_level": 0, "xla_disable_hlo_passes": "algsimp"}
    quicker = {**plain, "xla_cpu_use_fusion_emitters": False}
    try:
        jax.jit(lambda x: x, compiler_options=quicker).lower(np.float32(0)).compile()
    except jax.errors.JaxRuntimeError:
        return plain
    return quicker
