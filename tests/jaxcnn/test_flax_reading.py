"""Flax, with its own layers, computes what the by-hand reading computes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from jaxcnn import (
    LENET,
    MLP,
    AvgPool,
    Conv,
    Dense,
    Flatten,
    FlaxReading,
    LeCunTanh,
    MaxPool,
    Network,
    Sigmoid,
    Softmax,
    Tanh,
    forward,
    loss_and_gradients_by_hand,
)

EVERY_KIND = Network(
    Conv(4, (3, 2), strides=(2, 1), padding=((1, 2), (0, 1)), dilation=2),
    LeCunTanh(),
    Conv(8, 2, padding="VALID", groups=4),
    Tanh(),
    AvgPool(3, strides=2, padding="SAME"),
    MaxPool(2, strides=1, padding=((1, 0), (0, 1))),
    Flatten(),
    Dense(5),
    Sigmoid(),
    Dense(3),
    Softmax(),
)
networks = pytest.mark.parametrize("network", [LENET, MLP, EVERY_KIND], ids=["lenet", "mlp", "every kind"])
SHAPE = (3, 14, 12, 2)


@networks
def test_flax_names_and_shapes_parameters_as_the_network_does(network):
    params = FlaxReading(network).init(jax.random.key(0), SHAPE)
    assert jax.tree.map(jnp.shape, params) == network.parameter_shapes(SHAPE)


@networks
def test_flax_and_by_hand_have_the_same_outputs(network, reals):
    reading = FlaxReading(network)
    params = reading.init(jax.random.key(1), SHAPE)
    with jax.enable_x64(True):
        params, images = jax.tree.map(lambda x: x.astype(jnp.float64), params), reals(SHAPE, jnp.float64)
        found, _ = jax.jit(lambda *case: forward(network, *case))(params, images)
        outputs = jax.jit(reading.apply)(params, images)
        # Sums of at most 336 terms below 10, eleven layers deep.
        bound = 11 * 336 * 10 * np.finfo(np.float64).eps
        np.testing.assert_allclose(found, outputs, rtol=0, atol=bound)


def test_optax_finds_the_gradient_of_flax_to_be_the_one_by_hand(reals):
    reading, labels = FlaxReading(LENET), jnp.asarray([1, 2, 0])
    params = reading.init(jax.random.key(2), SHAPE)
    with jax.enable_x64(True):
        params, images = jax.tree.map(lambda x: x.astype(jnp.float64), params), reals(SHAPE, jnp.float64)

        def loss(params):
            logits = reading.apply(params, images)
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        found = jax.jit(lambda *case: loss_and_gradients_by_hand(LENET, *case, labels))(params, images)
        # As above, and the batch and its 168 positions are summed once more.
        bound = 8 * 3 * 168 * 10 * np.finfo(np.float64).eps
        wanted = jax.jit(jax.value_and_grad(loss))(params)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=bound), found, wanted)


def test_shapes_that_flax_would_take_and_the_network_does_not_are_refused():
    with pytest.raises(ValueError, match=r"^dense_0: .*: put a Flatten\(\) before it"):
        FlaxReading(Network(Dense(3))).init(jax.random.key(0), SHAPE)
