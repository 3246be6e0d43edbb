"""The derivative of softmax, by hand."""

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.softmax import softmax


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
