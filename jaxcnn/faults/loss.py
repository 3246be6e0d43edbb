"""Wrong derivatives of softmax, its logarithm and cross-entropy."""

import math
from typing import Any

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.faults.fault import Fault, negated, spoil, summed_under_vmap
from jaxcnn.ops.softmax import softmax
from jaxcnn.rules.loss import cross_entropy_bwd


def _diagonal_only(_: Array, p: Residuals, g: Array) -> Array:
    return p * (1 - p) * g


def _without_rank_one(_: Array, p: Residuals, g: Array) -> Array:
    return p * g


def _summed_over_batch(_: Array, p: Residuals, g: Array) -> Array:
    return p * (g - jnp.sum(g * p, axis=0, keepdims=True))


def _log_of_wrong_axis(_: Array, log_p: Residuals, g: Array) -> Array:
    return g - jnp.exp(log_p) * jnp.sum(g, axis=0, keepdims=True)


def _log_as_probabilities(_: Array, log_p: Residuals, g: Array) -> Array:
    return g - log_p * jnp.sum(g, axis=-1, keepdims=True)


def _log_diagonal(_: Array, log_p: Residuals, g: Array) -> Array:
    return g * (1 - jnp.exp(log_p))


def _not_averaged(right: Array, residuals: Residuals, _: Array) -> Array:
    return right * math.prod(residuals[0].shape[:-1])


def _averaged_over_classes(right: Array, residuals: Residuals, _: Array) -> Array:
    return right / residuals[0].shape[-1]


def _labels_ignored(_: Array, residuals: Residuals, cotangent: Array) -> Array:
    logits = residuals[0]
    return cotangent / math.prod(logits.shape[:-1]) * softmax(logits)


def _cotangent_ignored(_: Array, residuals: Residuals, cotangent: Array) -> Array:
    return cross_entropy_bwd(residuals, jnp.ones_like(cotangent))[0]


def _fault(rule: str, name: str, argument: str, description: str, change: Any, shows_in: Any = "values") -> Fault:
    position = {"logits": 0, "labels": 1}[argument]
    return Fault(f"{rule}_{name}", rule, argument, description, spoil(position, change), shows_in)


def _negated_if_any(right: Array | None, *_: Any) -> Array | None:
    return None if right is None else negated(right)


# fmt: off
LOSS_FAULTS = (
    _fault("softmax",       "diagonal_only",     "logits", "Only the Jacobian's diagonal is used.", _diagonal_only),
    _fault("softmax",       "without_rank_one",  "logits", "The normalisation counts as constant.", _without_rank_one),
    _fault("softmax",       "wrong_axis",        "logits", "The sum runs over the batch.", _summed_over_batch),
    _fault("log_softmax",   "wrong_axis",        "logits", "The sum runs over the batch.", _log_of_wrong_axis),
    _fault("log_softmax",   "no_exponential",    "logits", "log p stands for p.", _log_as_probabilities),
    _fault("log_softmax",   "diagonal_only",     "logits", "Only the Jacobian's diagonal is used.", _log_diagonal),
    _fault("cross_entropy", "sign",              "logits", "The sign is flipped.", negated),
    _fault("cross_entropy", "not_averaged",      "logits", "The factor 1 / N is missing.", _not_averaged),
    _fault("cross_entropy", "over_classes",      "logits", "It is also averaged over classes.", _averaged_over_classes),
    _fault("cross_entropy", "labels_ignored",    "logits", "p stands for p - y.", _labels_ignored),
    _fault("cross_entropy", "cotangent_ignored", "logits", "The incoming cotangent is taken as 1.", _cotangent_ignored),
    _fault("cross_entropy", "vmap",              "logits", "Under vmap it is summed.", summed_under_vmap, "vmap"),
    _fault("cross_entropy", "labels_sign",       "labels", "The sign is flipped.", _negated_if_any),
)
# fmt: on
