"""The Jacobian of one layer by one of its arguments, in factors: products with it, and itself only if it is asked for.

Let the outputs of one example have shape (*O) and the argument shape (*A): the inputs of one example, or a parameter.
With J[n, o, a] = dy[n, o] / da,

    dense()        J itself            (N, *O, *A)
    pull(rows)     R J, row by row     (N, K, *O) -> (N, K, *A)       R[n, k, o] -> sum_o R[n, k, o] J[n, o, a]
    push(columns)  J V, by columns     (N, K, *A) -> (N, K, *O)       V[n, k, a] -> sum_a J[n, o, a] V[n, k, a]

The axis N of anything that does not depend on the example has length 1: that of a linear layer's J, of rows of an
identity, of a column V of a parameter. Every Jacobian is a pytree, and may be returned from `jax.jit`.
"""

from abc import ABC, abstractmethod
from typing import TypeVar

import jax
import jax.numpy as jnp

from jaxcnn._types import Array


class Jacobian(ABC):
    """See the module's docstring for the letters."""

    @abstractmethod
    def dense(self) -> Array:
        """Return J, (N, *O, *A)."""

    @abstractmethod
    def pull(self, rows: Array) -> Array:
        """Return R J, (N, K, *A), for rows R, (N, K, *O)."""

    @abstractmethod
    def push(self, columns: Array) -> Array:
        """Return J V, (N, K, *O), for columns V, (N, K, *A)."""

    def pull_total(self, rows: Array) -> Array:
        """Return the sum of R J over the examples, (K, *A), for rows R, (N, K, *O)."""
        return jnp.sum(self.pull(rows), axis=0)

    def squared_norms(self, rows: Array) -> Array:
        """Return the sum of the squares of every row of R J, (N, K), for rows R, (N, K, *O)."""
        pulled = self.pull(rows)
        return jnp.sum(pulled * pulled, axis=tuple(range(2, pulled.ndim)))


Kind = TypeVar("Kind", bound=type)


def factors(kind: Kind) -> Kind:
    """Make a frozen dataclass of arrays (and static fields) a pytree."""
    return jax.tree_util.register_dataclass(kind)
