"""Softmax, logsumexp and the cross entropies built on them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Pair, alike, jvp, normal, require, save, vjp

Array = jax.Array
X = normal((4, 7), seed=11)


def softmax(x: Array) -> Array:
    """Softmax along the last axis."""
    return jax.nn.softmax(x, axis=-1)


def log_softmax(x: Array) -> Array:
    """Log of the softmax along the last axis."""
    return jax.nn.log_softmax(x, axis=-1)


def softmax_rows(x: Array) -> Array:
    """Softmax along the first axis."""
    return jax.nn.softmax(x, axis=0)


def output(primal: Any) -> Any:
    """A forward pass that keeps the output."""

    def forward(x: Array) -> tuple[Array, Array]:
        y = primal(x)
        return y, y

    return forward


def softmax_back(axis: int) -> Any:
    """y * (g - sum(g * y)) with the sum along `axis`."""
    return lambda y, g: (y * (g - jnp.sum(g * y, axis=axis, keepdims=True)),)


def logsumexp(x: Array) -> Array:
    """Log-sum-exp along the last axis."""
    return jax.nn.logsumexp(x, axis=-1)


def lse_right(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """Softmax-weighted tangent."""
    return logsumexp(primals[0]), jnp.sum(softmax(primals[0]) * tangents[0], axis=-1)


def lse_wrong(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """The same with exponentials that are not shifted."""
    e = jnp.exp(primals[0])
    return logsumexp(primals[0]), jnp.sum(e * tangents[0], axis=-1) / jnp.sum(e, axis=-1)


def one_hot(labels: Array, x: Array) -> Array:
    """Labels as rows of zeros and a one, like the logits."""
    require(labels.shape == x.shape[:-1])
    return jax.nn.one_hot(labels, x.shape[-1], dtype=x.dtype)


def cross_entropy(logits: Array, labels: Array) -> Array:
    """Mean cross entropy with integer labels."""
    return -jnp.mean(jnp.sum(one_hot(labels, logits) * log_softmax(logits), axis=-1))


def minus(x: Array, target: Array) -> Array:
    """Gradient of the cross entropy with any target."""
    return softmax(x) * jnp.sum(target, axis=-1, keepdims=True) - target


def ce_back(mean: bool) -> Any:
    """(softmax - onehot) * g, divided by the batch when `mean`."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, None]:
        x, labels = res
        d = minus(x, one_hot(labels, x)) * g
        return d / labels.size if mean else d, None

    return backward


def masked_cross_entropy(logits: Array, labels: Array) -> Array:
    """Summed cross entropy; rows with a negative label are padding and count nothing."""
    loss = -jnp.sum(one_hot(labels, logits) * log_softmax(logits), axis=-1)
    return jnp.sum(jnp.where(labels >= 0, loss, 0))


def masked_back(masked: bool) -> Any:
    """(softmax - onehot) * g, with or without the mask."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, None]:
        x, labels = res
        d = (softmax(x) - one_hot(labels, x)) * g
        known = (labels >= 0) & (labels < x.shape[-1])
        keep = jnp.broadcast_to(known[..., None], d.shape)
        return jnp.where(keep, d, 0) if masked else d, None

    return backward


@alike
def soft_cross_entropy(logits: Array, target: Array) -> Array:
    """Cross entropy of each row with a target distribution."""
    return -jnp.sum(target * log_softmax(logits), axis=-1)


def soft_back(general: bool) -> Any:
    """softmax * sum(target) - target; without `general` the sum is taken to be one."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        x, t = res
        g = g[..., None]
        weight = jnp.sum(t, axis=-1, keepdims=True) if general else 1
        return g * (softmax(x) * weight - t), -g * log_softmax(x)

    return backward


def smoothed(labels: Array, x: Array) -> Array:
    """One-hot labels with a tenth spread evenly."""
    return 0.9 * one_hot(labels, x) + 0.1 / x.shape[-1]


def smooth_cross_entropy(logits: Array, labels: Array) -> Array:
    """Cross entropy of each row with label smoothing 0.1."""
    return -jnp.sum(smoothed(labels, logits) * log_softmax(logits), axis=-1)


def smooth_back(target: Any) -> Any:
    """softmax - target."""
    return lambda res, g: (g[..., None] * minus(res[0], target(res[1], res[0])), None)


@alike
def bce(logits: Array, target: Array) -> Array:
    """Binary cross entropy with logits."""
    return jnp.logaddexp(logits, jnp.zeros_like(logits)) - logits * target


def bce_right(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """sigmoid - target."""
    x, t = res
    return g * (jax.nn.sigmoid(x) - t), -g * x


def bce_wrong(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Through the probability, step by step."""
    x, t = res
    p = jax.nn.sigmoid(x)
    return g * ((1 - t) / (1 - p) - t / p) * p * (1 - p), -g * x


def entropy(x: Array) -> Array:
    """Entropy of the softmax of each row."""
    return -jnp.sum(softmax(x) * log_softmax(x), axis=-1)


def entropy_rule(stop: bool) -> Any:
    """-sum p * (log p + H) * t; `stop` takes p and log p for constants."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        out = entropy(primals[0])
        logp = log_softmax(lax.stop_gradient(primals[0]) if stop else primals[0])
        h = -jnp.sum(jnp.exp(logp) * logp, axis=-1, keepdims=True)
        return out, -jnp.sum(jnp.exp(logp) * (logp + h) * tangents[0], axis=-1)

    return jvp(entropy, rule)


def with_labels(dtype: Any) -> tuple[Any, ...]:
    """Logits and integer labels."""
    rng = np.random.default_rng(12)
    return rng.standard_normal((6, 5)).astype(dtype), rng.integers(0, 5, 6).astype(np.int32)


def with_one_hot(dtype: Any) -> tuple[Any, ...]:
    """Logits and one-hot targets."""
    x, labels = with_labels(dtype)
    return x, np.eye(5)[labels].astype(dtype)


def with_bits(dtype: Any) -> tuple[Any, ...]:
    """Logits and zero-one targets."""
    rng = np.random.default_rng(13)
    return rng.standard_normal(12).astype(dtype), rng.integers(0, 2, 12).astype(dtype)


PAIRS = (
    Pair("softmax_diagonal", "softmax", "diagonal-only", vjp(softmax, output(softmax), softmax_back(-1)),
         vjp(softmax, output(softmax), lambda y, g: (g * y * (1 - y),)), X, False,
         "only the diagonal of the Jacobian is used", "diagonal-only", softmax),
    Pair("softmax_axis1", "softmax", "rank-2-only", vjp(softmax, output(softmax), softmax_back(-1)),
         vjp(softmax, output(softmax), softmax_back(1)), X, True,
         "the sum is along axis 1, the last one for rank 2 only", "sum-over-axis", softmax),
    Pair("softmax_columns", "softmax", "wrong-axis", vjp(softmax_rows, output(softmax_rows), softmax_back(0)),
         vjp(softmax_rows, output(softmax_rows), softmax_back(-1)), X, False,
         "the softmax is along axis 0, the sum of its rule along the last", "sum-over-axis", softmax_rows),
    Pair("log_softmax_sum", "log-softmax", "missing-sum",
         vjp(log_softmax, output(log_softmax), lambda y, g: (g - jnp.exp(y) * jnp.sum(g, axis=-1, keepdims=True),)),
         vjp(log_softmax, output(log_softmax), lambda y, g: (g - jnp.exp(y) * g,)), X, False,
         "the cotangent is not summed along the axis", "diagonal-only", log_softmax),
    Pair("logsumexp_shift", "logsumexp", "overflow", jvp(logsumexp, lse_right), jvp(logsumexp, lse_wrong), X, True,
         "exponentials without the shift overflow", "overflow", logsumexp, "jvp"),
    Pair("cross_entropy_mean", "cross-entropy", "missing-mean",
         vjp(cross_entropy, save(cross_entropy), ce_back(True)),
         vjp(cross_entropy, save(cross_entropy), ce_back(False)), with_labels, False,
         "the mean over the batch is not divided out", "constant-factor", cross_entropy),
    Pair("cross_entropy_padding", "cross-entropy", "mask-ignored",
         vjp(masked_cross_entropy, save(masked_cross_entropy), masked_back(True)),
         vjp(masked_cross_entropy, save(masked_cross_entropy), masked_back(False)), with_labels, True,
         "rows with a negative label still get a gradient", None, masked_cross_entropy),
    Pair("cross_entropy_soft", "cross-entropy", "normalised-assumed",
         vjp(soft_cross_entropy, save(soft_cross_entropy), soft_back(True)),
         vjp(soft_cross_entropy, save(soft_cross_entropy), soft_back(False)), with_one_hot, True,
         "softmax - target holds only for targets that sum to one", None, soft_cross_entropy),
    Pair("cross_entropy_smoothing", "cross-entropy", "parameter-dropped",
         vjp(smooth_cross_entropy, save(smooth_cross_entropy), smooth_back(smoothed)),
         vjp(smooth_cross_entropy, save(smooth_cross_entropy), smooth_back(one_hot)), with_labels, False,
         "the smoothing of the labels is left out", None, smooth_cross_entropy),
    Pair("bce_probability", "cross-entropy", "saturation-nan", vjp(bce, save(bce), bce_right),
         vjp(bce, save(bce), bce_wrong), with_bits, True,
         "the chain rule through p divides 0 by 0 once the sigmoid saturates", "nan", bce),
    Pair("entropy_stopped", "entropy", "second-order", entropy_rule(False), entropy_rule(True), X, True,
         "the probabilities in the tangent are stopped: second order is lost", "second-order", entropy, "jvp"),
)
