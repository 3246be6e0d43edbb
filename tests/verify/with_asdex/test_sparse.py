"""Sparse Jacobians and Hessians equal the dense ones, also through pooling; incomplete patterns are refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import verify

SHAPE = (7, 6, 2)
IMAGE = np.random.default_rng(0).permutation(84).reshape(SHAPE).astype(np.float32) / 8  # no ties


def pooled(image):
    padded = ((0, 0), (1, 1), (1, 0), (0, 0))
    return lax.reduce_window(image[None], -jnp.inf, lax.max, (1, 3, 2, 1), (1, 2, 1, 1), padded)[0]


def pattern():
    """The pattern of the pooling, which asdex cannot find."""
    return verify.pool_matrix((3, 2), SHAPE, strides=(2, 1), padding=((1, 1), (1, 0)))


def dense(jacobian, outputs):
    return np.asarray(jacobian).reshape(outputs, -1)


def test_of_a_chain_of_neighbours_only_the_diagonals_are_stored():
    def chain(x):
        return jnp.sin(x[1:] * x[:-1])

    x = IMAGE.reshape(-1)
    found = jax.jit(verify.sparse_jacobian(chain, x))(x)
    assert found.nse == 2 * 83
    np.testing.assert_allclose(found.todense(), jax.jacrev(chain)(x), rtol=1e-6, atol=1e-5)


def test_max_pooling_is_found_with_the_pattern_of_its_windows_and_not_without():
    with pytest.raises(NotImplementedError, match="reduce_window"):
        verify.sparse_jacobian(pooled, IMAGE)
    found = verify.sparse_jacobian(pooled, IMAGE, pattern=pattern())
    for image in (IMAGE, IMAGE[::-1], IMAGE[:, ::-1]):
        right = np.asarray(jax.jacrev(pooled)(image))
        np.testing.assert_array_equal(found(image).todense(), right.reshape(-1, 84))
        assert verify.check_jacobian(pooled, np.asarray(found(image).todense()), image).ok


def test_a_pattern_that_misses_an_entry_is_refused():
    incomplete = pattern().tolil()
    right = np.asarray(jax.jacrev(pooled)(IMAGE)).reshape(-1, 84)
    row = 10
    incomplete[row, int(right[row].argmax())] = 0
    with pytest.raises(ValueError, match=r"`pattern` misses entries of the derivative of `pooled`.* row 10\."):
        verify.sparse_jacobian(pooled, IMAGE, pattern=incomplete)


def test_a_pattern_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"`pattern` must have shape \(48, 84\), \(outputs, inputs\); got \(84, 48\)"):
        verify.sparse_jacobian(pooled, IMAGE, pattern=pattern().T)


def test_a_hessian_is_the_dense_one_with_or_without_its_pattern():
    def energy(image):
        flat = image.reshape(-1)
        return jnp.sum(jnp.sin(flat[1:] * flat[:-1]))

    small = IMAGE / 8
    right = np.asarray(jax.hessian(energy)(small)).reshape(84, 84)
    for given in (None, np.abs(right) > 0):
        found = verify.sparse_hessian(energy, small, pattern=given)(small)
        np.testing.assert_allclose(found.todense(), right, rtol=0, atol=1e-4)
    with pytest.raises(ValueError, match=r"`pooled` must return one number"):
        verify.sparse_hessian(pooled, IMAGE)
