"""A network applied to inputs, for autodiff to differentiate: with the ops as they are, or with the hand rules on.

The two have the same values. `jax.grad` of the first is JAX's own derivative; `jax.grad` of the second calls the rules.
"""

from collections.abc import Callable
from typing import Any

from jaxcnn._types import Array, Parameters
from jaxcnn.layers import Layer
from jaxcnn.network import Network
from jaxcnn.rules import RULES, Rules


def apply(network: Network, params: Parameters, inputs: Array) -> Array:
    """Return the outputs of the network, by the primal ops alone.

    Args:
        network: the network.
        params: its parameters.
        inputs: (N, ...), of the dtype of the parameters.

    Returns:
        (N, ...), the outputs of the last layer.
    """
    return _chain(network, params, inputs, lambda layer: _with_options(RULES[layer.op].primal, layer))


def apply_with_rules(network: Network, params: Parameters, inputs: Array, *, rules: Rules = RULES) -> Array:
    """Return the same outputs, with every layer's hand rule installed by `jax.custom_vjp`."""
    return _chain(network, params, inputs, lambda layer: rules[layer.op].with_custom_vjp(**layer.options()))


def arguments(layer: Layer, name: str, params: Parameters) -> tuple[Array, ...]:
    """Return the parameters of one layer, in the order its op takes them."""
    return tuple(params[name][parameter] for parameter in layer.parameters)


def _chain(
    network: Network, params: Parameters, inputs: Array, function: Callable[[Layer], Callable[..., Array]]
) -> Array:
    values = inputs
    for name, layer in network.named_layers():
        values = function(layer)(values, *arguments(layer, name, params))
    return values


def _with_options(primal: Callable[..., Array], layer: Layer) -> Callable[..., Array]:
    options: dict[str, Any] = dict(layer.options())
    return lambda *values: primal(*values, **options)
