"""The layers of a network as plain data: frozen, hashable, printable, and without a single array.

A layer knows the name of its op (and so of its rule), the options it calls it with, and its shapes. What to *do* with
it is for the readings: `apply`, `by_hand`, `flax_reading`.
"""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from jaxcnn._types import Options, Padding, Shape
from jaxcnn._windows import padding_option, pair, positive
from jaxcnn.ops.conv import conv_windows
from jaxcnn.ops.pool import pool_windows


@dataclass(frozen=True)
class Layer:
    """One layer; the base is an entry-by-entry function without options or parameters."""

    op: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]] = ()

    def options(self) -> Options:
        """Return the options to call the op with."""
        return {}

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return the shape of every parameter, by name, for inputs of `input_shape` (batch first)."""
        del input_shape
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the outputs.

        Raises:
            ValueError: if inputs of this shape do not fit.
        """
        return input_shape


@dataclass(frozen=True)
class Conv(Layer):
    """Convolution (cross-correlation) of NHWC images with `features` kernels, and a bias; see `jaxcnn.ops.conv`."""

    op = "conv"
    parameters = ("kernel", "bias")
    features: int
    kernel_size: Any
    strides: Any = 1
    padding: Padding = "SAME"
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        """Bring every option to its one normal form, so that equal layers are equal."""
        _normalise(self, positive, "features", "groups")
        _normalise(self, pair, "kernel_size", "strides", "dilation")
        _normalise(self, lambda _, value: padding_option(value), "padding")
        if self.features % self.groups:
            raise ValueError(f"`groups` must divide `features`; got {self.groups} groups and {self.features} features.")

    def options(self) -> Options:
        """Return the options to call the op with."""
        return {"strides": self.strides, "padding": self.padding, "dilation": self.dilation, "groups": self.groups}

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return {"kernel": (kh, kw, C / groups, features), "bias": (features,)}."""
        channels = _channels(input_shape) // self.groups
        return {"kernel": (*self.kernel_size, channels, self.features), "bias": (self.features,)}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, P, Q, features)."""
        shapes = self.parameter_shapes(input_shape)
        geometry = conv_windows(input_shape, shapes["kernel"], shapes["bias"], **self.options())
        return (input_shape[0], *geometry.outputs, self.features)


@dataclass(frozen=True)
class _Pool(Layer):
    """What the two poolings share: a window, its strides (the window itself by default) and its padding."""

    window: Any
    strides: Any = None
    padding: Padding = "VALID"

    def __post_init__(self) -> None:
        """Bring every option to its one normal form, so that equal layers are equal."""
        if self.strides is None:
            object.__setattr__(self, "strides", self.window)
        _normalise(self, pair, "window", "strides")
        _normalise(self, lambda _, value: padding_option(value), "padding")

    def options(self) -> Options:
        """Return the options to call the op with."""
        return {"window": self.window, "strides": self.strides, "padding": self.padding}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, P, Q, C)."""
        _channels(input_shape)
        return (input_shape[0], *pool_windows(input_shape, **self.options()).outputs, input_shape[3])


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest entry of every window; see `jaxcnn.ops.max_pool`."""

    op = "max_pool"


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of the real entries of every window; see `jaxcnn.ops.avg_pool`."""

    op = "avg_pool"


@dataclass(frozen=True)
class Relu(Layer):
    """max(x, 0)."""

    op = "relu"


@dataclass(frozen=True)
class Tanh(Layer):
    """tanh(x)."""

    op = "tanh"


@dataclass(frozen=True)
class Sigmoid(Layer):
    """1 / (1 + e⁻ˣ)."""

    op = "sigmoid"


@dataclass(frozen=True)
class LeCunTanh(Layer):
    """1.7159 tanh(2 x / 3) + 0.01 x."""

    op = "lecun_tanh"


@dataclass(frozen=True)
class Flatten(Layer):
    """Each example as one row."""

    op = "flatten"

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, product of the other sizes)."""
        return (input_shape[0], math.prod(input_shape[1:]))


@dataclass(frozen=True)
class Dense(Layer):
    """x W + b with `features` outputs, on rows."""

    op = "dense"
    parameters = ("kernel", "bias")
    features: int

    def __post_init__(self) -> None:
        """Check the number of features."""
        _normalise(self, positive, "features")

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """Return {"kernel": (inputs, features), "bias": (features,)}."""
        if len(input_shape) != 2:
            raise ValueError(f"inputs must be rows (batch, features); got {input_shape}: put a Flatten() before it.")
        return {"kernel": (input_shape[1], self.features), "bias": (self.features,)}

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, features)."""
        self.parameter_shapes(input_shape)
        return (input_shape[0], self.features)


@dataclass(frozen=True)
class Softmax(Layer):
    """Probabilities over the last axis; as the last layer it is read together with the loss, see `jaxcnn.by_hand`."""

    op = "softmax"


@dataclass(frozen=True)
class LogSoftmax(Layer):
    """Logarithms of probabilities over the last axis; as logits they stand for the same probabilities."""

    op = "log_softmax"


def _channels(input_shape: Shape) -> int:
    if len(input_shape) != 4:
        raise ValueError(f"inputs must be images (batch, height, width, channels); got {input_shape}.")
    return input_shape[3]


def _normalise(layer: Layer, rule: Any, *names: str) -> None:
    # A frozen dataclass may only be completed from within __post_init__, and only like this.
    for name in names:
        object.__setattr__(layer, name, rule(name, getattr(layer, name)))
