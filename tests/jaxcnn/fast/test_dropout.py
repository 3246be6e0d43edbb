"""Dropout: its rule, its factors, where it stands, and the gradients of a network with it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn import Conv, Dense, Flatten, Network, Relu, Sigmoid, init_parameters
from jaxcnn.fast import batch_minor, choose_plain, factors, loss_and_gradients, plan, with_dropout
from jaxcnn.fast.choose import choose_form
from jaxcnn.fast.dropout import DROPOUT
from jaxcnn.ops import conv, cross_entropy, dense, relu, sigmoid
from verify import check_rule

NETWORK = Network(Conv(2, 2), Relu(), Flatten(), Dense(6), Sigmoid(), Dense(3))
SHAPE = (5, 3, 4, 1)
RATE = 0.25
KEYS = jax.random.split(jax.random.key(0), SHAPE[0])


def drawn(choose):
    made = with_dropout(plan(NETWORK, SHAPE, backend="cpu", choose=choose))
    params = init_parameters(NETWORK, jax.random.key(1), SHAPE)
    return made, params, factors(made, params, RATE, KEYS)


def test_the_rule_is_right():
    random = np.random.default_rng(0)
    values = [np.round(random.standard_normal((3, 4)), 2).astype(np.float32) for _ in range(2)]
    report = check_rule(DROPOUT.with_custom_vjp(), *values, budget=1e-9)  # agreement; every law in the labs
    report.raise_if_failed()
    assert not report.inconclusive


@pytest.mark.parametrize("choose", [choose_form, choose_plain])
def test_it_stands_before_every_dense_layer_that_reads_no_pixels(choose):
    names = [stage.layers[0] for stage in drawn(choose)[0].stages if stage.layers[0] != "relu_0"]
    assert names == ["conv_0", "flatten_0", "dropout_0", "dense_0", "sigmoid_0", "dropout_1", "dense_1"]
    perceptron = with_dropout(plan(Network(Flatten(), Dense(4), Relu(), Dense(3)), SHAPE, backend="cpu", choose=choose))
    names = [stage.layers[0] for stage in perceptron.stages]
    assert names == ["flatten_0", "dense_0", "relu_0", "dropout_0", "dense_1"]


def by_autodiff(params, images, labels, left):
    """The network with dropout written out, by JAX's autodiff; `left` are factors, batch first."""

    def loss(params):
        def of(layer):
            return params[layer]["kernel"], params[layer]["bias"]

        values = relu(conv(images, *of("conv_0"))).reshape(len(images), -1) * left[0]
        values = sigmoid(dense(values, *of("dense_0"))) * left[1]
        return cross_entropy(dense(values, *of("dense_1")), labels)

    return jax.value_and_grad(loss)(params)


@pytest.mark.parametrize("choose", [choose_form, choose_plain])
def test_loss_and_gradients_are_those_of_the_network_with_these_factors(choose):
    made, params, left = drawn(choose)
    random = np.random.default_rng(0)
    images, labels = random.uniform(size=SHAPE).astype(np.float32), np.array([0, 2, 1, 1, 0], np.int32)
    inputs = batch_minor(jnp.asarray(images)) if made.minor_inputs else images
    loss, _, gradients = loss_and_gradients(made, params | left, inputs, labels, np.full(5, 0.2, np.float32))
    rows = [
        left[name]["factors"].T if made.batch_minor else left[name]["factors"] for name in ("dropout_0", "dropout_1")
    ]
    expected, of_autodiff = by_autodiff(params, images, labels, rows)
    # float32, sums of at most 24 terms of size 1, in chains of a few operations
    np.testing.assert_allclose(loss, expected, rtol=0, atol=200 * 2.0**-24)
    for name in params:
        for part, gradient in of_autodiff[name].items():
            np.testing.assert_allclose(gradients[name][part], gradient, rtol=0, atol=200 * 2.0**-24)
    without, _ = by_autodiff(params, images, labels, [np.ones_like(one) for one in rows])
    assert abs(without - expected) > 1e-3


def test_factors_keep_the_mean_and_differ_between_examples_layers_and_keys():
    network = Network(Flatten(), Dense(400), Relu(), Dense(400), Relu(), Dense(3))
    made = with_dropout(plan(network, (1, 4), backend="cpu"))
    params = init_parameters(network, jax.random.key(0), (1, 4))
    keys = jax.random.split(jax.random.key(2), 50)
    first, second = (one["factors"] for one in factors(made, params, RATE, keys).values())
    assert first.shape == (400, 50)
    assert set(np.unique(first)) == {0, np.float32(1 / 0.75)}
    # Each mean of 20,000 has a standard deviation of sqrt(0.25 / 0.75 / 20000) = 0.004: seven of them.
    for values in (first, second):
        assert abs(float(values.mean()) - 1) < 0.029
    # Two independent rows are equal at 0.75² + 0.25² = 0.625 of 400 places; all of them, if they were the same.
    for one, other in ((first[:, 0], first[:, 1]), (first[:, 0], second[:, 0])):
        assert 0.45 < float(jnp.mean(one == other)) < 0.8
    again, _ = (one["factors"] for one in factors(made, params, RATE, keys).values())
    np.testing.assert_array_equal(again, first)
