"""The Jacobians of the activations: entry by entry, so diagonal.

y[s] = f(x[s]), so dy[s] / dx[t] = f'(x[s]) [s = t], with f' as derived in `jaxcnn.rules.activation`.
"""

from dataclasses import dataclass

import jax.numpy as jnp

from jaxcnn._types import Array
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.rules import RULES


@factors
@dataclass(frozen=True)
class Diagonal(Jacobian):
    """A slope d for every entry: J[n, s, t] = d[n, s] [s = t].

    Attributes:
        slopes: d, (N, *S).
    """

    slopes: Array

    def dense(self) -> Array:
        """Return (N, *S, *S)."""
        count, *shape = self.slopes.shape
        flat = self.slopes.reshape(count, -1, 1)
        diagonal = jnp.eye(flat.shape[1], dtype=bool)[None]
        return jnp.where(diagonal, flat, jnp.zeros_like(flat)).reshape(count, *shape, *shape)

    def pull(self, rows: Array) -> Array:
        """Return R[n, k, s] d[n, s]."""
        return rows * self.slopes[:, None]

    def push(self, columns: Array) -> Array:
        """Return d[n, s] V[n, k, s]."""
        return self.slopes[:, None] * columns


def activation_jacobians(op: str, inputs: Array) -> dict[str, Jacobian]:
    """Return {"inputs": ...} of the activation `op` at x = `inputs`, (N, *S): the slopes are its rule's."""
    (slopes,) = RULES[op].backward(inputs, jnp.ones_like(inputs))
    return {"inputs": Diagonal(slopes)}
