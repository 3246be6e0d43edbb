"""Random parameters for a network, without any framework."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Key, Parameters, Shape
from jaxcnn.network import Network

Initializer = Callable[[Key, Shape, Any], Array]


def init_parameters(
    network: Network,
    key: Key,
    input_shape: Shape,
    *,
    kernel_init: Initializer | None = None,
    dtype: Any = jnp.float32,
) -> Parameters:
    """Return kernels drawn by `kernel_init` and biases of zero.

    Args:
        network: the network.
        key: a JAX random key; each layer draws from its own.
        input_shape: the shape of the inputs, batch first; the batch size does not matter.
        kernel_init: any of `jax.nn.initializers`; by default a truncated normal of variance 1 / (inputs of an output),
            which keeps the variance of activations about constant from layer to layer.
        dtype: the dtype of all parameters.

    Returns:
        {"conv_0": {"kernel": ..., "bias": ...}, ...}.

    Raises:
        ValueError: if the layers and `input_shape` do not fit together.
    """
    kernel_init = jax.nn.initializers.lecun_normal() if kernel_init is None else kernel_init
    shapes = network.parameter_shapes(input_shape)
    keys = jax.random.split(key, max(len(shapes), 1))
    return {
        name: {"kernel": kernel_init(own, layer["kernel"], dtype), "bias": jnp.zeros(layer["bias"], dtype)}
        for own, (name, layer) in zip(keys, shapes.items(), strict=False)
    }


@dataclass(frozen=True)
class Work:
    """What a network takes for one example.

    Attributes:
        parameters: how many numbers there are to learn.
        multiplications: of the forward pass; the two products of the backward pass have as many each.
    """

    parameters: int
    multiplications: int


def work(network: Network, input_shape: Shape) -> Work:
    """Return the work of a network, for inputs of `input_shape` (batch first)."""
    kernels = network.parameter_shapes(input_shape)
    outputs = {
        name: shape for (name, _), shape in zip(network.named_layers(), network.shapes(input_shape)[1:], strict=True)
    }
    parameters = sum(math.prod(shape) for layer in kernels.values() for shape in layer.values())
    uses = {name: math.prod(outputs[name][1:-1]) for name in kernels}  # of each kernel: the positions of its windows
    return Work(parameters, sum(uses[name] * math.prod(layer["kernel"]) for name, layer in kernels.items()))
