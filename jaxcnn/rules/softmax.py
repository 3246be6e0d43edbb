"""The derivatives of softmax and of its logarithm, by hand."""

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.softmax import log_softmax, softmax


def softmax_fwd(logits: Array) -> tuple[Array, Residuals]:
    """Return p = softmax(z) and the residual p."""
    p = softmax(logits)
    return p, p


# p_i = e^{z_i} / sum_k e^{z_k}, so dp_i / dz_j = p_i [i = j] - p_i p_j: a diagonal and a rank-one part.
# Contracted with g,
#   d_logits_j = sum_i g_i p_i ([i = j] - p_j) = p_j (g_j - sum_i g_i p_i).
def softmax_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_logits,) for g = `cotangent`, (..., K)."""
    p = residuals
    return (p * (cotangent - jnp.sum(cotangent * p, axis=-1, keepdims=True)),)


def log_softmax_fwd(logits: Array) -> tuple[Array, Residuals]:
    """Return l = log softmax(z) and the residual l."""
    log_p = log_softmax(logits)
    return log_p, log_p


# l_i = z_i - log sum_k e^{z_k}, so dl_i / dz_j = [i = j] - p_j with p = e^l: the identity less the same row everywhere.
# Contracted with g,
#   d_logits_j = g_j - p_j sum_i g_i.
def log_softmax_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_logits,) for g = `cotangent`, (..., K)."""
    log_p = residuals
    return (cotangent - jnp.exp(log_p) * jnp.sum(cotangent, axis=-1, keepdims=True),)
