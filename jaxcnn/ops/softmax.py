"""Softmax and its logarithm over the last axis.

Both subtract the largest logit first: the result does not depend on the shift, but the exponentials then cannot
overflow. For the same reason the shift has no derivative, and autodiff is told so.
"""

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array


def softmax(logits: Array) -> Array:
    """Return p[..., i] = exp(z[..., i]) / sum_j exp(z[..., j]) for logits z of shape (..., K)."""
    exponentials = jnp.exp(_shifted(logits))
    return exponentials / jnp.sum(exponentials, axis=-1, keepdims=True)


def log_softmax(logits: Array) -> Array:
    """Return log p[..., i] = z[..., i] - log sum_j exp(z[..., j]) for logits z of shape (..., K)."""
    shifted = _shifted(logits)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


def _shifted(logits: Array) -> Array:
    return logits - lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True))
