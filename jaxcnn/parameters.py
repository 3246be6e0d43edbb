"""Random parameters for a network, without any framework."""

from collections.abc import Callable
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
