"""A network read by Flax: its own layers, initialisers and pooling, so that it is an independent witness.

Linen and not NNX, for two reasons. A Linen module is itself plain data with a pure `init` and a pure `apply`, which is
the contract of every reading here, whereas an NNX module owns its parameters and changes in place. And its parameters
are a dict named by us, so the two sides share one dict without translation.

Nothing of `jaxcnn.ops` is used. LeCun's tanh and flattening, which Flax does not have, are written out again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import flax.linen as nn
import jax.numpy as jnp

from jaxcnn._types import Array, Key, Parameters, Shape
from jaxcnn.layers import AvgPool, Conv, MaxPool
from jaxcnn.network import Network


@dataclass(frozen=True)
class FlaxReading:
    """The pair of pure functions that Flax makes of a network; train it with any Optax optimizer.

    Attributes:
        network: the network.
    """

    network: Network

    def init(self, key: Key, input_shape: Shape) -> Parameters:
        """Return parameters by Flax's default initialisers, in the naming of the network.

        Args:
            key: a JAX random key.
            input_shape: the shape of the inputs, batch first; the batch size does not matter.

        Raises:
            ValueError: if the layers and `input_shape` do not fit together.
        """
        self.network.shapes(input_shape)  # Flax would accept some shapes that the network does not
        return FlaxModule(self.network).init(key, jnp.zeros(input_shape, jnp.float32)).get("params", {})

    def apply(self, params: Parameters, inputs: Array) -> Array:
        """Return the outputs of the last layer: the logits, for a network without a softmax in the last place."""
        return cast(Array, FlaxModule(self.network).apply({"params": params}, inputs))


class FlaxModule(nn.Module):
    """The Linen module of a network, for those who want to use it inside other modules."""

    network: Network

    @nn.compact
    def __call__(self, inputs: Array) -> Array:
        """Apply the layers, first to last."""
        values = inputs
        for name, layer in self.network.named_layers():
            values = _READINGS[layer.op](layer, name)(values)
        return values


def _conv(layer: Conv, name: str) -> Callable[[Array], Array]:
    return nn.Conv(
        layer.features,
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        kernel_dilation=layer.dilation,
        feature_group_count=layer.groups,
        name=name,
    )


def _max_pool(layer: MaxPool, _: str) -> Callable[[Array], Array]:
    return partial(nn.max_pool, window_shape=layer.window, strides=layer.strides, padding=layer.padding)


def _avg_pool(layer: AvgPool, _: str) -> Callable[[Array], Array]:
    options = {"window_shape": layer.window, "strides": layer.strides, "padding": layer.padding}
    return partial(nn.avg_pool, **options, count_include_pad=False)


def _lecun_tanh(values: Array) -> Array:
    return 1.7159 * nn.tanh(2 / 3 * values) + 0.01 * values


def _flatten(values: Array) -> Array:
    return values.reshape(values.shape[0], -1)


_READINGS: dict[str, Callable[[Any, str], Callable[[Array], Array]]] = {
    "conv": _conv,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "relu": lambda layer, name: nn.relu,
    "tanh": lambda layer, name: nn.tanh,
    "sigmoid": lambda layer, name: nn.sigmoid,
    "lecun_tanh": lambda layer, name: _lecun_tanh,
    "flatten": lambda layer, name: _flatten,
    "dense": lambda layer, name: nn.Dense(layer.features, name=name),
    "softmax": lambda layer, name: nn.softmax,
    "log_softmax": lambda layer, name: nn.log_softmax,
}
