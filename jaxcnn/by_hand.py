"""A network read by hand: forward keeping residuals, then the reversed chain of hand-derived rules. No autodiff.

With layers f_1, ..., f_L, values x_l = f_l(x_{l-1}, theta_l) and loss E(x_L), the chain rule runs backwards:

    g_L = dE/dx_L        (g_{l-1}, d theta_l) = backward_l(residuals_l, g_l)        l = L, ..., 1

A softmax in the last place is fused with the loss: the cross-entropy takes logits, and its gradient (p - y) / N is
simpler and safer than softmax and logarithm one after the other.
"""

from typing import Any

import jax.numpy as jnp

from jaxcnn._checks import check_images, check_labels, check_params
from jaxcnn._types import Array, Parameters, Residuals
from jaxcnn.apply import arguments
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules


def forward(
    network: Network, params: Parameters, inputs: Any, *, rules: Rules = RULES
) -> tuple[Array, tuple[Residuals, ...]]:
    """Return the outputs of the last layer and the residuals of every layer, first to last.

    Args:
        network: the network.
        params: its parameters, {"conv_0": {"kernel": ..., "bias": ...}, ...}.
        inputs: (N, ...), floating point, of the dtype of the parameters.
        rules: the rules to use.

    Raises:
        TypeError: if the inputs are not floating point or a parameter has another dtype.
        ValueError: if shapes or names do not fit, the batch is empty, or an input is NaN.
    """
    values = check_images("inputs", inputs)
    check_params(network, params, values)
    residuals = []
    for name, layer in network.named_layers():
        own = arguments(layer, name, params)
        values, kept = rules[layer.op].forward(values, *own, **layer.options())
        residuals.append(kept)
    return values, tuple(residuals)


def backward(
    network: Network, residuals: tuple[Residuals, ...], cotangent: Array, *, rules: Rules = RULES
) -> tuple[Array, Parameters]:
    """Return (d_inputs, gradients) for the cotangent of the last layer's outputs.

    Args:
        network: the network.
        residuals: what `forward` returned.
        cotangent: g_L, of the shape and dtype of the outputs.
        rules: the rules to use.

    Returns:
        The cotangent of the inputs, and those of the parameters in the structure of the parameters.

    Raises:
        ValueError: if there is not one entry of `residuals` per layer.
    """
    if len(residuals) != len(network):
        raise ValueError(
            f"`residuals` must have one entry per layer, {len(network)}; got {len(residuals)}: "
            "use those that `forward` returned for the same network."
        )
    gradients = {}
    for (name, layer), kept in zip(reversed(network.named_layers()), reversed(residuals), strict=True):
        cotangent, *of_parameters = rules[layer.op].backward(kept, cotangent, **layer.options())
        if layer.parameters:
            gradients[name] = dict(zip(layer.parameters, of_parameters, strict=True))
    return cotangent, {name: gradients[name] for name in reversed(gradients)}


def loss_and_gradients_by_hand(
    network: Network, params: Parameters, images: Any, labels: Any, *, rules: Rules = RULES
) -> tuple[Array, Parameters]:
    """Return the mean cross-entropy of a batch and its gradient with respect to every parameter.

    Args:
        network: the network; a softmax in the last place is fused with the loss.
        params: its parameters.
        images: (N, H, W, C) or (N, features), floating point, of the dtype of the parameters.
        labels: classes (N,), or rows (N, classes), one-hot or soft.
        rules: the rules to use.

    Returns:
        The loss, a scalar, and the gradients in the structure of the parameters.

    Raises:
        TypeError: if images are not floating point, labels are neither classes nor rows, or dtypes differ.
        ValueError: if shapes or names do not fit, the batch is empty, an image holds NaN, or a label names no class.
    """
    images = check_images("images", images)
    to_logits = network.without_softmax()
    labels = check_labels(labels, to_logits.shapes(images.shape)[-1])
    logits, residuals = forward(to_logits, params, images, rules=rules)
    loss, kept = rules["cross_entropy"].forward(logits, labels)
    d_logits, _ = rules["cross_entropy"].backward(kept, jnp.ones_like(loss))
    _, gradients = backward(to_logits, residuals, d_logits, rules=rules)
    return loss, gradients
