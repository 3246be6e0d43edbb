"""A telling example of every layer, and its Jacobians by autodiff, example by example."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from jaxcnn import (
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
from jaxcnn.rules import RULES

# Not square, more than one example, strides that leave a remainder, dilation, groups, windows that overlap, padding
# that is not symmetric: whatever can be mixed up is not 1.
LAYERS: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "conv": (Conv(6, (3, 2), (2, 3), ((2, 1), (0, 2)), 2, 2), (2, 7, 6, 4)),
    "depthwise conv": (Conv(4, 3, 2, "SAME", 1, 2), (2, 5, 4, 2)),
    "cropping conv": (Conv(3, (2, 3), 1, ((-1, 1), (1, -1))), (2, 4, 5, 2)),
    "max_pool": (MaxPool((3, 2), (2, 1), ((1, 1), (0, 1))), (2, 7, 6, 3)),
    "avg_pool": (AvgPool((3, 2), (2, 1), ((1, 1), (0, 1))), (2, 7, 6, 3)),
    "relu": (Relu(), (2, 3, 2)),
    "tanh": (Tanh(), (2, 3, 2)),
    "sigmoid": (Sigmoid(), (2, 3, 2)),
    "lecun_tanh": (LeCunTanh(), (2, 3, 2)),
    "flatten": (Flatten(), (2, 3, 2, 2)),
    "dense": (Dense(5), (3, 4)),
    "softmax": (Softmax(), (3, 4)),
    "softmax of images": (Softmax(), (2, 2, 3, 4)),
    "log_softmax": (LogSoftmax(), (3, 4)),
    "log_softmax of images": (LogSoftmax(), (2, 2, 3, 4)),
}
# These only add, multiply and select, so that on whole numbers every result is a whole number.
WHOLE = ("conv", "max_pool", "relu", "flatten", "dense")


def arrays(name: str, dtype: Any, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Inputs and parameters: whole numbers where results stay whole (with ties), else multiples of 1 / 64."""
    layer, shape = LAYERS[name]
    random, step = np.random.default_rng(seed), 1 if layer.op in WHOLE else 1 / 64
    shapes = (shape, *layer.parameter_shapes(shape).values())
    return tuple((random.integers(-2 / step, 2 / step + 1, one) * step).astype(dtype) for one in shapes)


def by_autodiff(layer: Layer) -> Callable[..., dict[str, Any]]:
    """A function of inputs and parameters that returns the Jacobian of every example by each, (N, *O, *A)."""

    def one(inputs: Any, *parameters: Any) -> Any:
        return RULES[layer.op].primal(inputs[None], *parameters, **layer.options())[0]

    names = ("inputs", *layer.parameters)

    def every(inputs: Any, *parameters: Any) -> dict[str, Any]:
        derivative = jax.jacrev(one, argnums=tuple(range(len(names))))
        found = jax.vmap(derivative, in_axes=(0, *[None] * len(parameters)))(inputs, *parameters)
        return dict(zip(names, found, strict=True))

    return every
