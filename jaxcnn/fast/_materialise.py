"""Computed once and written to memory, whoever reads it: a fence that XLA's fusion does not cross.

XLA on the CPU fuses an elementwise producer into each of its consumers and so computes it again for each, inside the
loops of a transposition or behind the index arithmetic of a reshape, where it cannot be vectorised (a cotangent mask:
1.1 ms fused into a reshape, 0.1 ms by itself). `lax.optimization_barrier` alone does not help: XLA dissolves it before
it fuses (seen in the passes of jaxlib 0.10.2). A conditional is a fence. Its predicate is true, behind a barrier that
lasts long enough to keep XLA from seeing that; it depends on no array, so that `jax.vmap` leaves it as it is.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array


def materialised(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return `function(*arguments)`, as one step of the program that nothing is fused with.

    Args:
        function: from pytrees of arrays to a pytree of arrays.
        arguments: what to call it with.
    """
    shapes = jax.eval_shape(function, *arguments)

    def never(*_: Any) -> Any:
        return jax.tree.map(lambda one: jnp.zeros(one.shape, one.dtype), shapes)

    return lax.cond(lax.optimization_barrier(jnp.asarray(True)), function, never, *arguments)


def turned(matrix: Array) -> Array:
    """Return the transpose, in memory as well.

    What comes out of the fence is one row of numbers: of a matrix XLA would keep the old order and call it another
    layout, and whoever reads it would read it across.
    """
    return materialised(lambda one: one.T.reshape(-1), matrix).reshape(matrix.shape[::-1])
