"""The seven Jacobians of the perceptron: names, shapes, entries, and what is refused."""

import jax
import numpy as np
import pytest

from jaxcnn import LENET, Dense, Flatten, Network, Sigmoid, init_parameters
from jaxcnn.jacobians import seven_jacobians

NETWORK = Network(Flatten(), Dense(4), Sigmoid(), Dense(3))
IMAGE = np.random.default_rng(0).uniform(size=(2, 3, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def seven():
    params = init_parameters(NETWORK, jax.random.key(0), (1, *IMAGE.shape))
    return {found.name: found for found in seven_jacobians(NETWORK, params, IMAGE, 2)}


def test_their_names_and_shapes_are_those_of_the_lab(seven):
    assert {name: found.value.shape for name, found in seven.items()} == {
        "dL/da2": (3,),
        "da2/db2": (3, 3),
        "da2/dW2": (3, 4, 3),
        "da2/df1": (3, 4),
        "df1/da1": (4, 4),
        "da1/dW1": (4, 6, 4),
        "da1/db1": (4, 4),
    }


def test_each_is_the_jacobian_of_its_function_and_no_two_are_of_the_same(seven):
    for found in seven.values():
        expected = jax.jacfwd(found.function)(found.argument)
        # at most ten float32 operations on numbers up to 1
        np.testing.assert_allclose(found.value, expected, rtol=0, atol=20 * 2.0**-24, err_msg=found.name)
    assert len({str(found.value) for found in seven.values()} - {str(seven["da1/db1"].value)}) == 6


def test_other_networks_and_labels_are_refused():
    params = init_parameters(NETWORK, jax.random.key(0), (1, *IMAGE.shape))
    with pytest.raises(ValueError, match=r"^`network` must be a Flatten, a Dense, a Sigmoid and a Dense; got Network"):
        seven_jacobians(LENET, params, IMAGE, 2)
    with pytest.raises(ValueError, match=r"^`labels` must be from 0 to 2; got 3"):
        seven_jacobians(NETWORK, params, IMAGE, 3)
