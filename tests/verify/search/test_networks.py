"""Chains of layers: each fits the one before, every kind occurs, and a fault is told by the smallest network."""

import random

import hypothesis
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify import strategies as vs


def _windows(layer):
    return (1, *layer["window"], 1), (1, *layer["strides"], 1), layer["padding"]


def _conv(x, layer, kernel, bias):
    dims = ("NHWC", "HWIO", "NHWC")
    z = lax.conv_general_dilated(x, kernel, layer["strides"], layer["padding"], dimension_numbers=dims)
    return z + bias[None, None, None]


APPLY = {
    "relu": lambda x, layer: jax.nn.relu(x),
    "tanh": lambda x, layer: jnp.tanh(x),
    "sigmoid": lambda x, layer: jax.nn.sigmoid(x),
    "flatten": lambda x, layer: x.reshape(len(x), -1),
    "dense": lambda x, layer, kernel, bias: x @ kernel + bias[None],
    "conv": _conv,
    "max_pool": lambda x, layer: lax.reduce_window(x, -jnp.inf, lax.max, *_windows(layer)),
    "avg_pool": lambda x, layer: lax.reduce_window(x, np.zeros((), x.dtype)[()], lax.add, *_windows(layer)),
}


def network(layers, apply=APPLY):
    def fun(params, inputs):
        for layer, parameters in zip(layers, params, strict=True):
            inputs = apply[layer["kind"]](inputs, layer, **parameters)
        return inputs

    return fun


def first(condition):
    few = hypothesis.settings(max_examples=300, phases=[hypothesis.Phase.generate], database=None)
    return hypothesis.find(vs.networks(), condition, settings=few, random=random.Random(0))


def kinds(drawn):
    return [layer["kind"] for layer in drawn.options["layers"]]


@hypothesis.given(vs.networks())
def test_every_network_can_be_computed_and_gives_something(drawn):
    outputs = jax.eval_shape(network(**drawn.options), *drawn.args)
    assert outputs.shape[0] == len(drawn.args[1])
    assert np.prod(outputs.shape) > 0


@pytest.mark.parametrize("kind", APPLY)
def test_every_kind_of_layer_is_drawn_behind_another(kind):
    assert kind in kinds(first(lambda drawn: kind in kinds(drawn)[1:]))


def test_networks_shrink_to_one_layer_of_one_entry():
    found = hypothesis.find(vs.networks(), lambda drawn: True, settings=hypothesis.settings(database=None))
    assert found.options == {"layers": ({"kind": "relu"},)}
    assert found.args[1].shape == (1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kinds": ["relu", "lstm"]}, r"`kinds` must be among relu, .*; got 'lstm'"),
        ({"kinds": ["dense"]}, "`kinds` must hold a layer for images; got 'dense'"),
        ({"kinds": ["conv"], "images": False}, "`kinds` must hold a layer for rows; got 'conv'"),
        ({"kinds": []}, "`kinds` must hold a layer for images; got none"),
    ],
    ids=["unknown", "no images", "no rows", "none"],
)
def test_kinds_that_no_network_can_be_made_of_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        vs.networks(**options)
