"""Random parameters: structure, independence of layers, spread."""

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn import LENET, MLP, Network, Relu, init_parameters

SHAPE = (1, 28, 28, 1)


def test_parameters_have_the_shapes_of_the_network_and_zero_biases():
    params = init_parameters(LENET, jax.random.key(0), SHAPE, dtype=jnp.bfloat16)
    assert jax.tree.map(jnp.shape, params) == LENET.parameter_shapes(SHAPE)
    assert all(layer["kernel"].dtype == jnp.bfloat16 for layer in params.values())
    assert not any(layer["bias"].any() for layer in params.values())


def test_the_same_key_gives_the_same_parameters_and_the_batch_size_does_not_matter():
    one, other = (init_parameters(MLP, jax.random.key(5), (n, 28, 28, 1)) for n in (1, 64))
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_another_initialiser_can_be_chosen():
    params = init_parameters(MLP, jax.random.key(0), SHAPE, kernel_init=jax.nn.initializers.normal(0.1))
    # The deviation of 784 * 64 normal numbers is right to 1 / sqrt(2 * 50176) = 0.3 %; five times that is 0.0016.
    assert abs(float(jnp.std(params["dense_0"]["kernel"])) - 0.1) < 0.0016


def test_a_network_without_parameters_has_none():
    assert init_parameters(Network(Relu()), jax.random.key(0), (1, 3)) == {}
