"""Keras's layers, one reader each; what a layer of Keras can and ours cannot is refused."""

from collections.abc import Callable
from typing import Any

from jaxcnn.layers import (
    AvgPool,
    Conv,
    Dense,
    Flatten,
    Layer,
    LeCunTanh,
    LogSoftmax,
    MaxPool,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from jaxcnn.models.errors import ModelError
from jaxcnn.models.keras_reading import NO_PADDING, Options, Reading, is_number, is_size, option, word
from jaxcnn.models.lecun_graph import is_lecun_graph

_ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": Relu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softmax": Softmax,
    "log_softmax": LogSoftmax,
}


def activation(reading: Reading, options: Options) -> None:
    """Read the option `activation`, of a layer of its own or of another one."""
    name = word(options, "activation", (*_ACTIVATIONS, "linear"))
    if name != "linear":
        reading.layers.append(_ACTIVATIONS[name]())


def _conv(reading: Reading, options: Options) -> None:
    padding: Any = word(options, "padding", ("valid", "same")).upper()
    if reading.padding != NO_PADDING:
        if padding != "VALID":
            raise ModelError("after padding or cropping only padding 'valid' is read")
        padding, reading.padding = reading.padding, NO_PADDING
    made = Conv(
        option(options, "filters"),
        option(options, "kernel_size"),
        options.get("strides", 1),
        padding,
        options.get("dilation_rate", 1),
        options.get("groups", 1),
    )
    reading.layers.append(made)
    reading.note_source(options)


def _dense(reading: Reading, options: Options) -> None:
    reading.layers.append(Dense(option(options, "units")))
    reading.note_source(options)


def _max_pool(reading: Reading, options: Options) -> None:
    reading.layers.append(MaxPool(*_pooling(options)))


def _avg_pool(reading: Reading, options: Options) -> None:
    reading.layers.append(AvgPool(*_pooling(options)))


def _pooling(options: Options) -> tuple[Any, Any, str]:
    padding = word(options, "padding", ("valid", "same")).upper()
    return option(options, "pool_size"), options.get("strides"), padding


def _flatten(reading: Reading, _: Options) -> None:
    reading.layers.append(Flatten())


def _relu(reading: Reading, options: Options) -> None:
    if options.get("max_value") is not None or options.get("negative_slope") or options.get("threshold"):
        raise ModelError("only the plain relu is read, without max_value, negative_slope and threshold")
    reading.layers.append(Relu())


def _softmax(reading: Reading, options: Options) -> None:
    if options.get("axis", -1) != -1:
        raise ModelError(f"only a softmax over the last axis is read; got axis {options['axis']!r}")
    reading.layers.append(Softmax())


def _zero_padding(reading: Reading, options: Options) -> None:
    if min(map(min, reading.padding)) < 0:
        raise ModelError("padding after cropping is not read")  # the zeros would take the place of what was cropped
    _pad(reading, options, "padding", 1)


def _cropping(reading: Reading, options: Options) -> None:
    _pad(reading, options, "cropping", -1)


def _pad(reading: Reading, options: Options, name: str, sign: int) -> None:
    found = option(options, name)
    axes = found if isinstance(found, list) else [found, found]
    pairs = [axis if isinstance(axis, list) else [axis, axis] for axis in axes]
    if [len(pair) for pair in pairs] != [2, 2] or not all(n == 0 or is_size(n) for pair in pairs for n in pair):
        raise ModelError(f"{name} must be whole numbers around two axes; got {found!r}")
    rows, columns = (
        (low + sign * more[0], high + sign * more[1]) for (low, high), more in zip(reading.padding, pairs, strict=True)
    )
    reading.padding = (rows, columns)


def _rescaling(reading: Reading, options: Options) -> None:
    scale, offset = option(options, "scale"), options.get("offset", 0.0)
    if reading.layers or not is_number(scale) or not is_number(offset):
        raise ModelError("only rescaling by two numbers, and in the first place, is read")
    reading.low, reading.high = float(offset), 255 * float(scale) + float(offset)


def _graph(reading: Reading, options: Options) -> None:
    layers = options.get("layers")
    if not isinstance(layers, list) or not all(isinstance(one, dict) for one in layers) or not is_lecun_graph(layers):
        raise ModelError("a model within a model is read only where it is LeCun's tanh as we write it")
    reading.layers.append(LeCunTanh())


READERS: dict[str, Callable[[Reading, Options], None]] = {
    "Conv2D": _conv,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _avg_pool,
    "Flatten": _flatten,
    "Dense": _dense,
    "Activation": activation,
    "ReLU": _relu,
    "Softmax": _softmax,
    "ZeroPadding2D": _zero_padding,
    "Cropping2D": _cropping,
    "Rescaling": _rescaling,
    "Functional": _graph,
}
