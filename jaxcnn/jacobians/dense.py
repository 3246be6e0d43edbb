"""The Jacobians of the fully connected layer and of flattening.

y[n, o] = sum_i x[n, i] W[i, o] + b[o]:
    dy[n, o] / dx[n, i] = W[i, o]           Wᵀ, the same for every example
    dy[n, o] / dW[i, p] = x[n, i] [o = p]   x of the example for every output, the identity between outputs
    dy[n, o] / db[p]    = [o = p]           the identity
"""

import math
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array, Shape
from jaxcnn.jacobians.jacobian import Jacobian, factors

_EXACT = lax.Precision.HIGHEST  # float32 means float32, on accelerators too


@factors
@dataclass(frozen=True)
class ByRows(Jacobian):
    """Wᵀ.

    Attributes:
        kernel: W, (I, O).
    """

    kernel: Array

    def dense(self) -> Array:
        """Return (1, O, I)."""
        return self.kernel.T[None]

    def pull(self, rows: Array) -> Array:
        """Return sum_o R[n, k, o] W[i, o]."""
        return jnp.matmul(rows, self.kernel.T, precision=_EXACT)

    def push(self, columns: Array) -> Array:
        """Return sum_i V[n, k, i] W[i, o]."""
        return jnp.matmul(columns, self.kernel, precision=_EXACT)


@factors
@dataclass(frozen=True)
class ByKernel(Jacobian):
    """x[n, i] [o = p].

    Attributes:
        inputs: x, (N, I).
        features: the number of outputs.
    """

    inputs: Array
    features: int = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (N, O, I, O)."""
        same = jnp.eye(self.features, dtype=bool)[None, :, None, :]
        inputs = self.inputs[:, None, :, None]
        return jnp.where(same, inputs, jnp.zeros_like(inputs))

    def pull(self, rows: Array) -> Array:
        """Return x[n, i] R[n, k, o], (N, K, I, O)."""
        return self.inputs[:, None, :, None] * rows[:, :, None, :]

    def push(self, columns: Array) -> Array:
        """Return sum_i x[n, i] V[n, k, i, o]."""
        if columns.shape[0] == 1:  # a column of the parameter itself, for all examples
            return jnp.einsum("ni,kio->nko", self.inputs, columns[0], precision=_EXACT)
        return jnp.einsum("ni,nkio->nko", self.inputs, columns, precision=_EXACT)

    def pull_total(self, rows: Array) -> Array:
        """Return sum_n x[n, i] R[n, k, o], without the products of single examples."""
        return jnp.einsum("ni,nko->kio", self.inputs, rows, precision=_EXACT)

    def squared_norms(self, rows: Array) -> Array:
        """Return |x[n]|² |R[n, k]|²: the norm of a product of two vectors is that of their norms."""
        return jnp.sum(self.inputs**2, axis=1, keepdims=True) * jnp.sum(rows**2, axis=2)


@factors
@dataclass(frozen=True)
class Same(Jacobian):
    """The identity, from an argument of shape A to outputs that may be folded another way.

    Attributes:
        outputs: O, as many entries as A.
        argument: A.
        dtype: of the ones.
    """

    outputs: Shape = field(metadata={"static": True})
    argument: Shape = field(metadata={"static": True})
    dtype: Any = field(metadata={"static": True})

    def dense(self) -> Array:
        """Return (1, *O, *A)."""
        return jnp.eye(math.prod(self.argument), dtype=self.dtype).reshape(1, *self.outputs, *self.argument)

    def pull(self, rows: Array) -> Array:
        """Return R, folded like the argument."""
        return rows.reshape(*rows.shape[:2], *self.argument)

    def push(self, columns: Array) -> Array:
        """Return V, folded like the outputs."""
        return columns.reshape(*columns.shape[:2], *self.outputs)


def dense_jacobians(inputs: Array, kernel: Array, bias: Array) -> dict[str, Jacobian]:
    """Return {"inputs": ..., "kernel": ..., "bias": ...} at x = `inputs`, (N, I)."""
    features = kernel.shape[1]
    by_bias = Same(bias.shape, bias.shape, bias.dtype)
    return {"inputs": ByRows(kernel), "kernel": ByKernel(inputs, features), "bias": by_bias}


def flatten_jacobians(inputs: Array) -> dict[str, Jacobian]:
    """Return {"inputs": ...}: y[n, (h W + w) C + c] = x[n, h, w, c] is the identity under other names."""
    shape = inputs.shape[1:]
    return {"inputs": Same((math.prod(shape),), shape, inputs.dtype)}
