"""Cross-entropy of softmax(logits) with the labels, averaged over the batch.

    L = -1/N sum_{n, i} y[n, i] log p[n, i]        p = softmax(z)

Logits of any size are fine: log p is computed as z - max z - log sum exp(z - max z), which neither overflows nor takes
the logarithm of 0.
"""

import jax.numpy as jnp

from jaxcnn._types import Array
from jaxcnn.ops.softmax import log_softmax


def cross_entropy(logits: Array, labels: Array) -> Array:
    """Return the mean cross-entropy of a batch.

    Args:
        logits: z, (..., K); all leading axes together are the batch.
        labels: either the class of each example, (...), integers from 0 to K - 1; or its distribution y, (..., K),
            one-hot or soft, whose rows need not add up to 1. An integer outside its range names no class: the example
            adds nothing to the sum and still counts in N.

    Returns:
        L, a scalar of the dtype of the logits. A logit of -inf excludes its class with integer labels; with a
        distribution it gives NaN, since 0 times -inf has no value.

    Raises:
        ValueError: if the shapes do not fit together or the batch is empty.
        TypeError: if `labels` of shape (...) are not integers.
    """
    check_batch(logits, labels)
    log_p = log_softmax(logits)
    if labels.shape == logits.shape:
        terms = labels.astype(logits.dtype) * log_p
    else:
        terms = jnp.where(one_hot(labels, logits.shape[-1]), log_p, jnp.zeros_like(log_p))
    return -jnp.mean(jnp.sum(terms, axis=-1))


def one_hot(labels: Array, classes: int) -> Array:
    """Return the booleans y[..., i] = (labels[...] = i), (..., K)."""
    return labels[..., None] == jnp.arange(classes, dtype=labels.dtype).reshape((1,) * labels.ndim + (classes,))


def check_batch(logits: Array, labels: Array) -> None:
    """Check that `labels` belong to `logits`.

    Raises:
        ValueError: if the shapes do not fit together or the batch is empty.
        TypeError: if `labels` without a class axis are not integers.
    """
    if logits.ndim < 1 or labels.shape not in (logits.shape, logits.shape[:-1]):
        raise ValueError(
            f"`labels` must have the shape of `logits` {logits.shape} or that without the last axis; "
            f"got {labels.shape}."
        )
    if logits.size == 0:
        raise ValueError(f"`logits` must hold at least one example and one class; got shape {logits.shape}.")
    if labels.shape != logits.shape and not jnp.issubdtype(labels.dtype, jnp.integer):
        raise TypeError(f"`labels` without a class axis must be integers; got {labels.dtype}.")
