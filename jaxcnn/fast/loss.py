"""The cross-entropy of softmax(logits), summed over weighted examples, batch-minor.

    L = -sum_n v[n] log p[label[n], n]        p[., n] = softmax(z[., n])

Weights v[n] = 1 / N make the mean. An example of weight 0 takes no part; such examples fill up batches.
"""

from typing import Any

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.softmax import log_softmax
from jaxcnn.rules import Rule


def weighted_cross_entropy(logits: Array, labels: Array, weights: Array) -> Array:
    """Return L, a scalar; the primal, batch first.

    Args:
        logits: z, (N, K).
        labels: (N,), integers from 0 to K - 1.
        weights: v, (N,), of the dtype of the logits.
    """
    picked = jnp.where(_one_hot(labels, logits.shape[-1]).T, log_softmax(logits), jnp.zeros_like(logits))
    return -jnp.sum(weights[:, None] * picked)


def weighted_cross_entropy_fwd(logits: Array, labels: Array, weights: Array) -> tuple[Array, Residuals]:
    """Return L for logits z, (K, N), and the residuals (log p, labels, v)."""
    shifted = logits - jnp.max(logits, axis=0, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=0, keepdims=True))
    return -jnp.sum(weights * _picked(log_p, labels)), (log_p, labels, weights)


# log p_i = z_i - log sum_k e^{z_k}, so d log p_i / dz_j = [i = j] - p_j (the index n left out). With the cotangent g,
#   d_logits_j = g v (p_j - [j = label])        d_weights = -g log p_label
def weighted_cross_entropy_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array, None, Array]:
    """Return (d_logits, None, d_weights) for the scalar g = `cotangent`."""
    log_p, labels, weights = residuals
    y = _one_hot(labels, log_p.shape[0]).astype(log_p.dtype)
    return (cotangent * weights)[None, :] * (jnp.exp(log_p) - y), None, -cotangent * _picked(log_p, labels)


def weighted_cross_entropy_rule() -> Rule:
    """Return the same, batch first: to be verified like every rule."""

    def forward(logits: Array, labels: Array, weights: Array) -> tuple[Array, Residuals]:
        return weighted_cross_entropy_fwd(logits.T, labels, weights)

    def backward(residuals: Residuals, cotangent: Array) -> tuple[Any, ...]:
        d_logits, *others = weighted_cross_entropy_bwd(residuals, cotangent)
        return d_logits.T, *others

    return Rule("weighted_cross_entropy", weighted_cross_entropy, forward, backward)


def _picked(log_p: Array, labels: Array) -> Array:
    return jnp.sum(jnp.where(_one_hot(labels, log_p.shape[0]), log_p, jnp.zeros_like(log_p)), axis=0)


def _one_hot(labels: Array, classes: int) -> Array:
    """Return the booleans y[i, n] = (label[n] = i), (K, N)."""
    return labels[None, :] == jnp.arange(classes, dtype=labels.dtype)[:, None]
