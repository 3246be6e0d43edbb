"""The largest gradients of layers: those of autodiff, and the same for one network and a sweep."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxcnn import apply, init_parameters
from jaxcnn.analysis import gradient_flow, gradient_flows
from jaxcnn.datasets import scaled
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool, Relu, Sigmoid, Tanh
from jaxcnn.network import Network
from jaxcnn.training import Member, Sweep, TrainConfig
from tests.jaxcnn.training._small import data

DATA = data(40)


def by_autodiff(network, params, images, labels):
    def loss(params):
        logits = apply(network, params, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    gradients = jax.grad(loss)(params)
    return {name: float(jnp.abs(layer["kernel"]).max()) for name, layer in gradients.items()}


def test_the_largest_gradient_of_every_kernel_is_that_of_autodiff():
    network = Network(Conv(3, 3), Relu(), MaxPool(2), Flatten(), Dense(6), Tanh(), Dense(3))
    images = scaled(DATA.images)
    params = init_parameters(network, jax.random.key(0), images.shape)
    found, wanted = (
        gradient_flow(network, params, images, DATA.labels),
        by_autodiff(network, params, images, DATA.labels),
    )
    assert list(found) == ["conv_0", "dense_0", "dense_1"]
    # Sums over at most 40 examples and 30 places, of either sign: the bound of rounding is 1200 units of 2⁻²⁴.
    assert found == pytest.approx(wanted, rel=1200 * 2.0**-24)


def test_the_models_of_a_sweep_have_the_gradients_that_they_have_alone():
    # Eleven layers, since "dense_10" comes after "dense_9" and not after "dense_1".
    networks = {
        name: Network(Flatten(), *[layer for _ in range(10) for layer in (Dense(4), activation())], Dense(3))
        for name, activation in (("tanh", Tanh), ("sigmoid", Sigmoid))
    }
    sweep = Sweep({name: Member(network) for name, network in networks.items()}, TrainConfig(low=-1.0), DATA)
    every = sweep.params(sweep.fresh())
    found = gradient_flows(sweep, every, DATA)
    for name, network in networks.items():
        wanted = gradient_flow(network, every[name], scaled(DATA.images, low=-1.0), DATA.labels)
        assert list(found[name]) == list(wanted) == [f"dense_{k}" for k in range(11)]
        assert found[name] == pytest.approx(wanted, rel=1e-4)


def test_images_of_another_shape_than_the_sweep_are_refused():
    sweep = Sweep({"one": Member(Network(Flatten(), Dense(3)))}, TrainConfig(), DATA)
    small = DATA.take(np.arange(4), "four")
    object.__setattr__(small, "images", small.images[:, 1:])
    with pytest.raises(ValueError, match=r"must hold images of \(6, 5, 1\), as the sweep; got \(5, 5, 1\)"):
        gradient_flows(sweep, {}, small)
