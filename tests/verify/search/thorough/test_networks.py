"""A fault in one layer of many, told by the smallest network that shows it."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import verify
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


@jax.custom_vjp
def dense(x, kernel, bias):
    return x @ kernel + bias[None]


dense.defvjp(
    lambda x, kernel, bias: (dense(x, kernel, bias), (x, kernel)),
    lambda saved, g: (g @ saved[1].T, saved[0].T @ g, g.mean(0)),
)


def test_a_fault_in_one_layer_is_told_by_the_smallest_network_that_shows_it():
    def make(layers):
        return network(layers, {**APPLY, "dense": lambda x, layer, kernel, bias: dense(x, kernel, bias)})

    problems = vs.networks(kinds=["relu", "dense"], images=False)
    report = verify.search(make, problems, max_examples=30, budget=600)
    (params, inputs), _ = report.failures[0].example
    assert {finding.argument for finding in report.failures} == {"params[0]['bias']"}
    assert inputs.shape == (2, 1)  # the mean over one row is its sum
    assert [sorted(parameters) for parameters in params] == [["bias", "kernel"]]
