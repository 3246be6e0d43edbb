"""Compile once, run many: a function of one item, mapped over a stack of items in one compiled loop.

`lax.map` and not `vmap`: the rule is traced exactly as the user wrote it, and a fault that shows only under vmap stays
the business of the vmap law. Stacks are cut into chunks of one size, so that every later call reuses the program.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify import _precision
from verify.compiled import Compiled

_ENTRIES = 1 << 21  # entries per chunk and leaf stack: 16 MiB of float64, small beside any working set
CHUNK = 32


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

        self._program = Compiled(program, entries, quick=double if quick is None else quick)
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
