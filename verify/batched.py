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

_ENTRIES = 1 << 21  # entries per chunk and leaf stack: 16 MiB of float64, small beside any working set
CHUNK = 32


class Batched:
    """`one(*leaf_tuples) -> tree of arrays`, compiled for chunks; called with stacked tuples, returns NumPy arrays."""

    def __init__(self, one: Callable[..., Any], entries: int, *, double: bool) -> None:
        """Args: `one` per item; `entries`: size of one item; `double`: compile and run in float64 mode."""
        self._program = jax.jit(lambda stacked: jax.lax.map(lambda row: one(*row), stacked))
        self._chunk = max(1, min(CHUNK, _ENTRIES // max(1, entries)))
        self._double = double

    def __call__(self, *stacked: Sequence[Any]) -> Any:
        """Run every row of the stacks; the last chunk is filled up with copies of its last row."""
        count = len(next(leaf for leaves in stacked for leaf in leaves))
        rows = np.arange(-(-count // self._chunk) * self._chunk).clip(max=count - 1).reshape(-1, self._chunk)
        context = jax.enable_x64(True) if self._double else contextlib.nullcontext()
        with context:
            parts = [
                jax.tree.map(np.asarray, self._program(jax.tree.map(lambda leaf: leaf[chunk], stacked)))
                for chunk in rows
            ]
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)
