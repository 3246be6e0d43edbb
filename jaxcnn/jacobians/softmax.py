"""The Jacobians of softmax and of its logarithm, over the last axis; other axes are independent of each other.

dp[i] / dz[j]     = p[i] [i = j] - p[i] p[j]      diag(p) - p pᵀ, symmetric
dlog p[i] / dz[j] = [i = j] - p[j]                I - 1 pᵀ
"""

from dataclasses import dataclass

import jax.numpy as jnp

from jaxcnn._types import Array, Shape
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.ops.softmax import softmax


@factors
@dataclass(frozen=True)
class OfProbabilities(Jacobian):
    """diag(p) - p pᵀ.

    Attributes:
        p: the probabilities, (N, *B, K).
    """

    p: Array

    def dense(self) -> Array:
        """Return (N, *B, K, *B, K)."""
        p = _independent(self.p)
        identity = jnp.eye(p.shape[-1], dtype=p.dtype)[None, None]
        return _block_diagonal(p[..., None] * (identity - p[:, :, None, :]), self.p.shape)

    def pull(self, rows: Array) -> Array:
        """Return p[j] (R[j] - sum_i R[i] p[i])."""
        p = self.p[:, None]
        return p * (rows - jnp.sum(rows * p, axis=-1, keepdims=True))

    def push(self, columns: Array) -> Array:
        """Return the same of columns: the matrix is symmetric."""
        return self.pull(columns)


@factors
@dataclass(frozen=True)
class OfLogarithms(Jacobian):
    """I - 1 pᵀ.

    Attributes:
        p: the probabilities, (N, *B, K).
    """

    p: Array

    def dense(self) -> Array:
        """Return (N, *B, K, *B, K)."""
        p = _independent(self.p)
        identity = jnp.eye(p.shape[-1], dtype=p.dtype)[None, None]
        return _block_diagonal(identity - p[:, :, None, :], self.p.shape)

    def pull(self, rows: Array) -> Array:
        """Return R[j] - p[j] sum_i R[i]."""
        return rows - self.p[:, None] * jnp.sum(rows, axis=-1, keepdims=True)

    def push(self, columns: Array) -> Array:
        """Return V[i] - sum_j p[j] V[j]."""
        return columns - jnp.sum(self.p[:, None] * columns, axis=-1, keepdims=True)


def softmax_jacobians(logits: Array) -> dict[str, Jacobian]:
    """Return {"inputs": ...} of softmax at z = `logits`, (N, *B, K)."""
    return {"inputs": OfProbabilities(softmax(logits))}


def log_softmax_jacobians(logits: Array) -> dict[str, Jacobian]:
    """Return {"inputs": ...} of log softmax at z = `logits`, (N, *B, K)."""
    return {"inputs": OfLogarithms(softmax(logits))}


def _independent(p: Array) -> Array:
    """All axes between the first and the last as one: (N, M, K)."""
    return p.reshape(p.shape[0], -1, p.shape[-1])


def _block_diagonal(blocks: Array, shape: Shape) -> Array:
    """Put blocks (N, M, K, K) on a diagonal over M, and unfold M: (N, *B, K, *B, K)."""
    count, many = blocks.shape[:2]
    own = jnp.eye(many, dtype=bool)[None, :, None, :, None]
    spread = blocks[:, :, :, None, :]
    return jnp.where(own, spread, jnp.zeros_like(spread)).reshape(count, *shape[1:], *shape[1:])
