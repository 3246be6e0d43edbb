"""What comes out of layers, against the same layers in NumPy."""

import numpy as np
import pytest

from jaxcnn.analysis import activations
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool, Relu
from jaxcnn.network import Network

NETWORK = Network(Conv(2, 2, padding="VALID"), Relu(), MaxPool(2), Flatten(), Dense(3))
RANDOM = np.random.default_rng(0)


def whole(*shape):
    return RANDOM.integers(-3, 4, shape).astype(np.float32)


PARAMS = {
    "conv_0": {"kernel": whole(2, 2, 1, 2), "bias": whole(2)},
    "dense_0": {"kernel": whole(8, 3), "bias": whole(3)},
}


def by_numpy(images):
    """Return what comes out of every layer; whole numbers, so exactly."""
    kernel, bias = PARAMS["conv_0"]["kernel"], PARAMS["conv_0"]["bias"]
    conv = np.zeros((len(images), 4, 4, 2)) + bias
    for i in range(2):
        for j in range(2):
            conv += images[:, i : i + 4, j : j + 4] * kernel[i, j, 0]
    relu = np.maximum(conv, 0)
    pool = relu.reshape(-1, 2, 2, 2, 2, 2).max((2, 4))
    flat = pool.reshape(len(images), 8)
    dense = flat @ PARAMS["dense_0"]["kernel"] + PARAMS["dense_0"]["bias"]
    return {"conv_0": conv, "relu_0": relu, "max_pool_0": pool, "flatten_0": flat, "dense_0": dense}


def test_the_outputs_of_all_layers_are_those_of_numpy():
    images = whole(3, 5, 5, 1)
    found, wanted = activations(NETWORK, PARAMS, images), by_numpy(images)
    assert list(found) == list(wanted)
    for name in wanted:
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)


def test_some_layers_of_more_images_than_are_computed_at_once_come_first_to_last():
    images = whole(300, 5, 5, 1)
    found = activations(NETWORK, PARAMS, images, ["dense_0", "relu_0"])
    assert list(found) == ["relu_0", "dense_0"]
    for name, values in found.items():
        np.testing.assert_array_equal(values, by_numpy(images)[name])


def test_a_layer_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"name layers of the network, conv_0, relu_0, .*; got 'relu_1'"):
        activations(NETWORK, PARAMS, whole(1, 5, 5, 1), ["relu_1"])
