"""A network in Keras's words: the configuration of a `Sequential` model, whose layers carry our names.

Keras pads convolutions at will by a layer of its own before them, but poolings only as "SAME" or "VALID".
"""

from collections.abc import Callable
from typing import Any

from jaxcnn._types import Shape
from jaxcnn._windows import padding_amounts
from jaxcnn.layers import AvgPool, Conv, Dense, Layer, MaxPool
from jaxcnn.models.errors import ModelError
from jaxcnn.models.lecun_graph import lecun_graph
from jaxcnn.network import Network

Config = dict[str, Any]


def to_keras(network: Network, input_shape: Shape) -> Config:
    """Return Keras's configuration of the network, followed by a softmax.

    Args:
        network: ends in logits.
        input_shape: of one example, without the batch.

    Raises:
        ModelError: if Keras has no such layer.
    """
    layers = [_entry("InputLayer", "inputs", batch_shape=[None, *input_shape])]
    for (name, layer), shape in zip(network.named_layers(), network.shapes((1, *input_shape)), strict=False):
        layers += _WRITERS[layer.op](layer, name, shape)
    layers.append(_entry("Softmax", "probabilities", axis=-1))
    return {"class_name": "Sequential", "config": {"name": "jaxcnn", "layers": layers}}


def _entry(kind: str, name: str, **options: Any) -> Config:
    return {"class_name": kind, "config": {"name": name, "dtype": "float32", **options}}


def _conv(layer: Conv, name: str, _: Shape) -> list[Config]:
    if max(layer.strides) > 1 and max(layer.dilation) > 1:
        raise ModelError(f"{name} has both strides and dilation, which no layer of Keras has: save it as .safetensors.")
    if isinstance(layer.padding, str):
        before, padding = [], layer.padding.lower()
    else:
        before, padding = _padding(name, layer.padding), "valid"
    options = {
        "filters": layer.features,
        "kernel_size": list(layer.kernel_size),
        "strides": list(layer.strides),
        "padding": padding,
        "data_format": "channels_last",
        "dilation_rate": list(layer.dilation),
        "groups": layer.groups,
        "activation": "linear",
        "use_bias": True,
    }
    return [*before, _entry("Conv2D", name, **options)]


def _padding(name: str, amounts: tuple[tuple[int, int], ...]) -> list[Config]:
    """Return the layers that add zeros, or take entries away, as a convolution's padding says."""
    added, removed = ([[max(sign * n, 0) for n in pair] for pair in amounts] for sign in (1, -1))
    found = []
    if added != [[0, 0], [0, 0]]:
        found.append(_entry("ZeroPadding2D", f"{name}_padding", padding=added, data_format="channels_last"))
    if removed != [[0, 0], [0, 0]]:
        found.append(_entry("Cropping2D", f"{name}_cropping", cropping=removed, data_format="channels_last"))
    return found


def _pool(layer: MaxPool | AvgPool, name: str, shape: Shape) -> list[Config]:
    padding = layer.padding
    if not isinstance(padding, str):
        sizes = shape[1], shape[2]
        known = {padding_amounts(how, sizes, layer.window, layer.strides): how for how in ("SAME", "VALID")}
        if padding not in known:
            raise ModelError(f"{name} is padded by {padding}, which no layer of Keras does: save it as .safetensors.")
        padding = known[padding]
    options = {
        "pool_size": list(layer.window),
        "strides": list(layer.strides),
        "padding": padding.lower(),
        "data_format": "channels_last",
    }
    return [_entry("MaxPooling2D" if isinstance(layer, MaxPool) else "AveragePooling2D", name, **options)]


def _flatten(layer: Layer, name: str, _: Shape) -> list[Config]:
    return [_entry("Flatten", name, data_format="channels_last")]


def _dense(layer: Dense, name: str, _: Shape) -> list[Config]:
    return [_entry("Dense", name, units=layer.features, activation="linear", use_bias=True)]


def _activation(layer: Layer, name: str, _: Shape) -> list[Config]:
    return [_entry("Activation", name, activation=layer.op)]


def _lecun(layer: Layer, name: str, shape: Shape) -> list[Config]:
    return [lecun_graph(name, shape[1:])]


_WRITERS: dict[str, Callable[[Any, str, Shape], list[Config]]] = {
    "conv": _conv,
    "max_pool": _pool,
    "avg_pool": _pool,
    "flatten": _flatten,
    "dense": _dense,
    "relu": _activation,
    "tanh": _activation,
    "sigmoid": _activation,
    "softmax": _activation,
    "log_softmax": _activation,
    "lecun_tanh": _lecun,
}
