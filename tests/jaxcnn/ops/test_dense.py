"""The fully connected layer and flattening against NumPy."""

import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.ops import dense, flatten


@pytest.mark.parametrize("leading", [(), (3,), (2, 3), (0,)])
def test_dense_is_the_affine_map_of_the_last_axis(integers, leading):
    inputs, kernel, bias = integers((*leading, 4)), integers((4, 5)), integers((5,))
    expected = np.einsum("...i,io->...o", inputs, kernel) + np.asarray(bias)
    np.testing.assert_array_equal(dense(inputs, kernel, bias), expected)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 1), (4,), (0, 2, 2)])
def test_flatten_keeps_examples_and_their_row_major_order(integers, shape):
    inputs = integers(shape)
    expected = [np.asarray(example).ravel() for example in inputs]
    assert flatten(inputs).shape == (shape[0], int(np.prod(shape[1:])))
    np.testing.assert_array_equal(flatten(inputs), np.reshape(expected, flatten(inputs).shape))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dense(jnp.ones((2, 3)), jnp.ones((4, 5)), jnp.ones(5)), r"^`kernel` must have shape \(3, out\)"),
        (lambda: dense(jnp.ones((2, 3)), jnp.ones((3, 5)), jnp.ones(3)), r"^`bias` must have shape \(5,\)"),
        (lambda: flatten(jnp.float32(1)), "^`inputs` must have a batch axis"),
    ],
)
def test_shapes_that_do_not_fit_are_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
