"""The arguments of a program: arrays are handed in, everything else (options, functions inside a module) is fixed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np


def dynamic(fun: Callable[..., Any], args: Sequence[Any]) -> tuple[Callable[..., Any], list[Any]]:
    """`fun` as a function of the arrays and Python floats among the leaves of `args`, and these leaves."""
    leaves, treedef = jax.tree.flatten(tuple(args))
    moving = [i for i, leaf in enumerate(leaves) if isinstance(leaf, np.ndarray | np.generic | jax.Array | float)]

    def call(*arrays: Any) -> Any:
        filled = list(leaves)
        for i, array in zip(moving, arrays, strict=True):
            filled[i] = array
        return [leaf for leaf in jax.tree.leaves(fun(*jax.tree.unflatten(treedef, filled))) if _is_array(leaf)]

    return call, [leaves[i] for i in moving]


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") or isinstance(leaf, bool | int | float | complex)
