"""Small models with parameters drawn by chance, and a network that has every kind of layer."""

import numpy as np

from jaxcnn import (
    AvgPool,
    Conv,
    Dense,
    Flatten,
    LeCunTanh,
    LogSoftmax,
    MaxPool,
    Network,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from jaxcnn.models import Model

TINY = Network(Conv(2, 3), Relu(), MaxPool(2), Flatten(), Dense(4))

# Every kind of layer, and of options all that Keras has as well; no two sizes are equal that could be mixed up.
EVERY = Network(
    Conv(4, (3, 2), strides=(2, 1), padding=((1, 0), (0, 2))),
    Sigmoid(),
    AvgPool(2, padding="SAME"),
    Conv(4, 3, padding=((-1, 2), (0, -1)), groups=2),
    Tanh(),
    LogSoftmax(),
    MaxPool(3, 2, "SAME"),
    Conv(2, 3, dilation=2),
    Softmax(),
    Relu(),
    Flatten(),
    Dense(5),
    LeCunTanh(),
    Dense(3),
)
# What Keras does not have: strides together with dilation, and zeros, of all things, around a maximum of both signs.
NOT_KERAS = Network(Conv(2, 2, strides=2, dilation=2), MaxPool(2, padding=((1, 1), (0, 1))), Flatten(), Dense(3))

NETWORKS = {"tiny": (TINY, (6, 5, 1)), "every": (EVERY, (11, 12, 2)), "not keras": (NOT_KERAS, (8, 7, 3))}


def make(name, **changed):
    """Return a model with one of `NETWORKS`, and names of classes that are not all plain."""
    network, shape = NETWORKS[name]
    return model(network, shape, **changed)


def model(network, shape, *, seed=0, low=-1.0, high=1.0):
    """Return a model with parameters drawn by chance, biases included."""
    random = np.random.default_rng(seed)
    shapes = network.parameter_shapes((1, *shape))
    params = {
        name: {part: random.normal(0, 0.5, dims).astype(np.float32) for part, dims in layer.items()}
        for name, layer in shapes.items()
    }
    count = network.shapes((1, *shape))[-1][-1]
    return Model(network, params, shape, tuple(f"class {i} é" for i in range(count)), low, high)


def pictures(shape, count=5, seed=1):
    """Return pixels drawn by chance."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def same(one, other):
    """Assert that two models are equal in every part, parameters bit for bit."""
    assert one.network == other.network
    assert (one.input_shape, one.classes, one.low, one.high) == (
        other.input_shape,
        other.classes,
        other.low,
        other.high,
    )
    assert {name: set(layer) for name, layer in one.params.items()} == {
        name: set(layer) for name, layer in other.params.items()
    }
    for name, layer in one.params.items():
        for part, values in layer.items():
            np.testing.assert_array_equal(values, other.params[name][part], strict=True)
