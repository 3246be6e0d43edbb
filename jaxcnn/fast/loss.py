"""The cross-entropy of softmax(logits), summed over weighted examples, batch-minor or batch first.

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
    picked = jnp.where(_one_hot(labels, logits.shape[-1], 1), log_p, jnp.zeros_like(logits))
    of_all = smoothing * jnp.mean(log_p, axis=-1) if smoothing else 0.0
    return -jnp.sum(weights * ((1 - smoothing) * jnp.sum(picked, axis=-1) + of_all))


def weighted_cross_entropy_fwd(
    logits: Array, labels: Array, weights: Array, *, classes: int = 0, smoothing: float = 0.0
) -> tuple[Array, Residuals]:
    """Return L and the residuals (log p, labels, v).

    Args:
        logits: z, (K, N) or (N, K).
        labels: (N,).
        weights: v, (N,).
        classes: the axis of the K classes, 0 or 1.
        smoothing: s.
    """
    shifted = logits - jnp.max(logits, axis=classes, keepdims=True)
    log_p = shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=classes, keepdims=True))
    return -jnp.sum(weights * _asked_for(log_p, labels, classes, smoothing)), (log_p, labels, weights)


# log p_i = z_i - log sum_k e^{z_k}, so d log p_i / dz_j = [i = j] - p_j (the index n left out). With the cotangent g,
# and sum_i y_i = 1,
#   d_logits_j = g v (p_j - y_j)        d_weights = -g sum_i y_i log p_i
def weighted_cross_entropy_bwd(
    residuals: Residuals, cotangent: Array, *, classes: int = 0, smoothing: float = 0.0
) -> tuple[Array, None, Array]:
    """Return (d_logits, None, d_weights) for the scalar g = `cotangent`; `classes` as in the forward pass."""
    log_p, labels, weights = residuals
    count = log_p.shape[classes]
    y = _one_hot(labels, count, classes).astype(log_p.dtype)
    y = (1 - smoothing) * y + smoothing / count if smoothing else y
    d_weights = -cotangent * _asked_for(log_p, labels, classes, smoothing)
    return jnp.expand_dims(cotangent * weights, classes) * (jnp.exp(log_p) - y), None, d_weights


def weighted_cross_entropy_rule(classes: int = 0) -> Rule:
    """Return the same as computed with the classes on that axis, batch first: to be verified like every rule."""

    def turned(values: Array) -> Array:
        return values if classes else values.T

    def forward(logits: Array, labels: Array, weights: Array, **options: float) -> tuple[Array, Residuals]:
        return weighted_cross_entropy_fwd(turned(logits), labels, weights, classes=classes, **options)

    def backward(residuals: Residuals, cotangent: Array, **options: float) -> tuple[Any, ...]:
        d_logits, *others = weighted_cross_entropy_bwd(residuals, cotangent, classes=classes, **options)
        return turned(d_logits), *others

    return Rule("weighted_cross_entropy", weighted_cross_entropy, forward, backward)


def _asked_for(log_p: Array, labels: Array, classes: int, smoothing: float) -> Array:
    """Return sum_i y[i, n] log p[i, n], (N,)."""
    here = _one_hot(labels, log_p.shape[classes], classes)
    picked = jnp.sum(jnp.where(here, log_p, jnp.zeros_like(log_p)), axis=classes)
    return (1 - smoothing) * picked + smoothing * jnp.mean(log_p, axis=classes) if smoothing else picked


def _one_hot(labels: Array, count: int, classes: int) -> Array:
    """Return the booleans y[i, n] = (label[n] = i), (K, N), or (N, K) if the classes are on axis 1."""
    return jnp.expand_dims(labels, classes) == jnp.expand_dims(jnp.arange(count, dtype=labels.dtype), 1 - classes)
