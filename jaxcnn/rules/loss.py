"""The derivative of the cross-entropy of softmax, by hand."""

import math

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.loss import cross_entropy, one_hot
from jaxcnn.ops.softmax import log_softmax


def cross_entropy_fwd(logits: Array, labels: Array) -> tuple[Array, Residuals]:
    """Return the loss and the residuals (z, labels)."""
    return cross_entropy(logits, labels), (logits, labels)


# L = -1/N sum_{n, i} y_i log p_i with log p_i = z_i - log sum_k e^{z_k} (the index n is left out), and so
# d log p_i / dz_j = [i = j] - p_j. Therefore
#   d_logits_j = g/N (p_j sum_i y_i - y_j)       d_labels_i = -g/N log p_i
# For rows that add up to 1 the first is the well-known (p - y) g / N. Soft labels need not add up to 1, and a class
# outside its range has a row of zeros, so the sum stays.
def cross_entropy_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array, Array | None]:
    """Return (d_logits, d_labels) for the scalar g = `cotangent`; d_labels is None unless labels are floating point."""
    logits, labels = residuals
    y = labels if labels.shape == logits.shape else one_hot(labels, logits.shape[-1])
    y = y.astype(logits.dtype)
    log_p = log_softmax(logits)
    share = cotangent / math.prod(logits.shape[:-1])
    d_logits = share * (jnp.exp(log_p) * jnp.sum(y, axis=-1, keepdims=True) - y)
    d_labels = (-share * log_p).astype(labels.dtype) if jnp.issubdtype(labels.dtype, jnp.floating) else None
    return d_logits, d_labels
