"""The cross-entropy of softmax(logits), summed over weighted examples, batch-minor.

    L = -sum_n v[n] sum_i y[i, n] log p[i, n]        p[., n] = softmax(z[., n])
    y[i, n] = (1 - s) [i = label[n]] + s / K

Weights v[n] = 1 / N make the mean. An example of weight 0 takes no part; such examples fill up batches. A smoothing s
above 0 asks for a little of every class, so that no logit has to grow without end (Szegedy et al., Rethinking the
Inception architecture for computer vision, 2016, section 7).
"""

from typing import Any

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.softmax import log_softmax
from jaxcnn.rules import Rule


def weighted_cross_entropy(logits: Array, labels: Array, weights: Array, *, smoothing: float = 0.0) -> Array:
    """Return L, a scalar; the primal, batch first.

    Args:
        logits: z, (N, K).
        labels: (N,), integers from 0 to K - 1.
        weights: v, (N,), of the dtype of the logits.
        smoothing: s, from 0 to 1.
    """
    log_p = log_softmax(logits)
    picked = jnp.where(_one_hot(labels, logits.shape[-1]).T, log_p, jnp.zeros_like(logits))
    of_all = smoothing * jnp.mean(log_p, axis=-1) if smoothing else 0.0
    return -jnp.sum(weights * ((1 - smoothing) * jnp.sum(picked, axis=-1) + of_all))


def weighted_cross_entropy_fwd(
    logits: Array, labels: Array, weights: Array, *, smoothing: float = 0.0
) -> tuple[Array, Residuals]:
    """Return L for logits z, (K, N), and the residuals (log p, labels, v)."""
    shifted = logits - jnp.max(logits, axis=0, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=0, keepdims=True))
    return -jnp.sum(weights * _asked_for(log_p, labels, smoothing)), (log_p, labels, weights)


# log p_i = z_i - log sum_k e^{z_k}, so d log p_i / dz_j = [i = j] - p_j (the index n left out). With the cotangent g,
# and sum_i y_i = 1,
#   d_logits_j = g v (p_j - y_j)        d_weights = -g sum_i y_i log p_i
def weighted_cross_entropy_bwd(
    residuals: Residuals, cotangent: Array, *, smoothing: float = 0.0
) -> tuple[Array, None, Array]:
    """Return (d_logits, None, d_weights) for the scalar g = `cotangent`."""
    log_p, labels, weights = residuals
    y = _one_hot(labels, log_p.shape[0]).astype(log_p.dtype)
    y = (1 - smoothing) * y + smoothing / log_p.shape[0] if smoothing else y
    d_weights = -cotangent * _asked_for(log_p, labels, smoothing)
    return (cotangent * weights)[None, :] * (jnp.exp(log_p) - y), None, d_weights


def weighted_cross_entropy_rule() -> Rule:
    """Return the same, batch first: to be verified like every rule."""

    def forward(logits: Array, labels: Array, weights: Array, **options: float) -> tuple[Array, Residuals]:
        return weighted_cross_entropy_fwd(logits.T, labels, weights, **options)

    def backward(residuals: Residuals, cotangent: Array, **options: float) -> tuple[Any, ...]:
        d_logits, *others = weighted_cross_entropy_bwd(residuals, cotangent, **options)
        return d_logits.T, *others

    return Rule("weighted_cross_entropy", weighted_cross_entropy, forward, backward)


def _asked_for(log_p: Array, labels: Array, smoothing: float) -> Array:
    """Return sum_i y[i, n] log p[i, n], (N,)."""
    picked = jnp.sum(jnp.where(_one_hot(labels, log_p.shape[0]), log_p, jnp.zeros_like(log_p)), axis=0)
    return (1 - smoothing) * picked + smoothing * jnp.mean(log_p, axis=0) if smoothing else picked


def _one_hot(labels: Array, classes: int) -> Array:
    """Return the booleans y[i, n] = (label[n] = i), (K, N)."""
    return labels[None, :] == jnp.arange(classes, dtype=labels.dtype)[:, None]
