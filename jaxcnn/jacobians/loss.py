"""First and second derivatives of the cross-entropy of softmax by the logits, example by example.

With l = -sum_i y_i log p_i for one example, not divided by N, and s = sum_i y_i (1 for a class):

    dl / dz_j        = s p_j - y_j
    d2l / dz_i dz_j  = s (p_i [i = j] - p_i p_j)       s (diag(p) - p pᵀ): positive semidefinite for s >= 0

The second follows from the first, since p is all in it that moves.
"""

from dataclasses import dataclass

import jax.numpy as jnp

from jaxcnn._types import Array
from jaxcnn.jacobians.jacobian import factors
from jaxcnn.jacobians.softmax import OfProbabilities
from jaxcnn.ops.loss import check_batch, one_hot
from jaxcnn.ops.softmax import softmax


@factors
@dataclass(frozen=True)
class CrossEntropyHessian:
    """s (diag(p) - p pᵀ) of every example.

    Attributes:
        p: the probabilities, (N, K).
        weight: s, (N,), the sum of the example's labels.
    """

    p: Array
    weight: Array

    def dense(self) -> Array:
        """Return (N, K, K)."""
        return self.weight[:, None, None] * OfProbabilities(self.p).dense()

    def product(self, columns: Array) -> Array:
        """Return H V, (N, M, K), for columns V, (N, M, K)."""
        return self.weight[:, None, None] * OfProbabilities(self.p).push(columns)


def cross_entropy_gradients(logits: Array, labels: Array) -> Array:
    """Return s p - y, (N, K): the gradient of every example's own loss.

    Args:
        logits: z, (N, K).
        labels: classes (N,), or rows (N, K).

    Raises:
        ValueError: if the shapes do not fit together.
        TypeError: if `labels` of shape (N,) are not integers.
    """
    y = _rows(logits, labels)
    return jnp.sum(y, axis=-1, keepdims=True) * softmax(logits) - y


def cross_entropy_hessian(logits: Array, labels: Array) -> CrossEntropyHessian:
    """Return the Hessian of every example's own loss, in factors; arguments as for `cross_entropy_gradients`."""
    return CrossEntropyHessian(softmax(logits), jnp.sum(_rows(logits, labels), axis=-1))


def _rows(logits: Array, labels: Array) -> Array:
    check_batch(logits, labels)
    rows = labels if labels.shape == logits.shape else one_hot(labels, logits.shape[-1])
    return rows.astype(logits.dtype)
