"""The four calls of a training loop as it is taught, as pure functions over an accumulator of gradients.

    sums = reset_grad(params)
    for images, labels in parts_of_a_batch:
        logits, trace = forward(network, params, images)
        sums = update_grad(network, sums, trace, labels)
    params = update_params(params, sums, learning_rate)

Nothing is changed in place: each call returns what is new. Gradients are those of the sum of the cross-entropies, by
the hand rules, so a batch may come example by example or all at once. No autodiff.
"""

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp

from jaxcnn import by_hand
from jaxcnn._checks import check_labels
from jaxcnn._types import Array, Parameters, Residuals
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules

Over = Literal["mean", "sum"]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Accumulator:
    """Gradients that have been added up since the last reset.

    Attributes:
        gradients: their sum, in the structure of the parameters.
        loss: the sum of the cross-entropies, float32.
        examples: how many there were, int32.
    """

    gradients: Parameters
    loss: Array
    examples: Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Trace:
    """What a forward pass leaves for the way back.

    Attributes:
        logits: (N, classes).
        residuals: of every layer, first to last.
    """

    logits: Array
    residuals: tuple[Residuals, ...]


def reset_grad(params: Parameters) -> Accumulator:
    """Return an accumulator of nothing, for these parameters."""
    zero = jnp.zeros((), jnp.float32)
    return Accumulator(jax.tree.map(jnp.zeros_like, params), zero, jnp.zeros((), jnp.int32))


def forward(network: Network, params: Parameters, inputs: Any, *, rules: Rules = RULES) -> tuple[Array, Trace]:
    """Return the logits, (N, classes), and what `update_grad` needs.

    Args:
        network: the network; a softmax in the last place is left to the loss.
        params: its parameters.
        inputs: (N, ...), floating point, of the dtype of the parameters.
        rules: the rules to use.

    Raises:
        TypeError, ValueError: as `jaxcnn.forward`.
    """
    logits, residuals = by_hand.forward(network.without_softmax(), params, inputs, rules=rules)
    return logits, Trace(logits, residuals)


# The gradient of a sum is the sum of the gradients. That of the mean, which the rule of the loss gives for a cotangent
# of 1, is the sum's by N.
def update_grad(
    network: Network, accumulator: Accumulator, trace: Trace, labels: Any, *, rules: Rules = RULES
) -> Accumulator:
    """Return the accumulator with the gradients of these examples added.

    Args:
        network: that of `forward`.
        accumulator: of what came before.
        trace: what `forward` returned.
        labels: classes (N,), or rows (N, classes).
        rules: the rules to use.

    Raises:
        TypeError: if labels are neither classes nor rows.
        ValueError: if they do not fit the logits, or name no class.
    """
    labels, examples = check_labels(labels, trace.logits.shape), len(trace.logits)
    mean, kept = rules["cross_entropy"].forward(trace.logits, labels)
    d_logits, _ = rules["cross_entropy"].backward(kept, jnp.full_like(mean, examples))
    _, gradients = by_hand.backward(network.without_softmax(), trace.residuals, d_logits, rules=rules)
    return Accumulator(
        jax.tree.map(jnp.add, accumulator.gradients, gradients),
        accumulator.loss + examples * mean.astype(jnp.float32),
        accumulator.examples + examples,
    )


def update_params(
    params: Parameters, accumulator: Accumulator, learning_rate: float, *, over: Over = "mean"
) -> Parameters:
    """Return the parameters after a step of gradient descent.

    Args:
        params: theta.
        accumulator: of the sum of the gradients, G, of N examples.
        learning_rate: eta.
        over: "mean" for theta - eta G / N, as libraries have it, or "sum" for theta - eta G.

    Raises:
        ValueError: if `over` is neither, or nothing has been added up.
    """
    if over not in ("mean", "sum"):
        raise ValueError(f"`over` must be 'mean' or 'sum'; got {over!r}.")
    if not isinstance(accumulator.examples, jax.core.Tracer) and int(accumulator.examples) == 0:
        raise ValueError("`accumulator` must hold the gradient of at least one example; call `update_grad` before.")
    count = accumulator.examples if over == "mean" else jnp.ones_like(accumulator.examples)

    def stepped(parameter: Array, gradient: Array) -> Array:
        return parameter - jnp.asarray(learning_rate, parameter.dtype) / count.astype(parameter.dtype) * gradient

    return jax.tree.map(stepped, params, accumulator.gradients)
