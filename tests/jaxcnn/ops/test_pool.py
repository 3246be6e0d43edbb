"""Pooling against its definition, one window at a time in NumPy, and max pooling against JAX's own reduction."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from jaxcnn.ops import avg_pool, max_pool


def by_loops(inputs, window, strides, padding, reduce):
    """Return `reduce` of the real entries of every window; `padding` is explicit."""
    batch, height, width, channels = inputs.shape
    (top, bottom), (left, right) = padding
    p_count = (height + top + bottom - window[0]) // strides[0] + 1
    q_count = (width + left + right - window[1]) // strides[1] + 1
    outputs = np.zeros((batch, p_count, q_count, channels))
    for n, p, q, c in np.ndindex(*outputs.shape):
        rows = [h for h in range(p * strides[0] - top, p * strides[0] - top + window[0]) if 0 <= h < height]
        columns = [w for w in range(q * strides[1] - left, q * strides[1] - left + window[1]) if 0 <= w < width]
        outputs[n, p, q, c] = reduce([inputs[n, h, w, c] for h in rows for w in columns])
    return outputs


CONFIGURATIONS = list(
    itertools.product([(2, 2), (3, 2)], [(1, 1), (2, 2), (3, 4)], [((0, 0), (0, 0)), ((1, 0), (1, 1))])
)


@pytest.mark.parametrize(("window", "strides", "padding"), CONFIGURATIONS)
def test_max_pooling_takes_the_largest_real_entry(integers, window, strides, padding):
    inputs = integers((2, 6, 5, 2))
    found = max_pool(inputs, window=window, strides=strides, padding=padding)
    np.testing.assert_array_equal(found, by_loops(np.asarray(inputs), window, strides, padding, max))


@pytest.mark.parametrize(("window", "strides", "padding"), CONFIGURATIONS)
def test_average_pooling_divides_by_the_number_of_real_entries(integers, window, strides, padding):
    # Multiples of 12 stay whole when divided by any count of real entries: 1, 2, 3, 4 or 6.
    inputs = 12 * integers((2, 6, 5, 2))
    found = avg_pool(inputs, window=window, strides=strides, padding=padding)
    np.testing.assert_array_equal(found, by_loops(np.asarray(inputs), window, strides, padding, np.mean))


def test_strides_are_the_window_unless_given(integers):
    inputs = integers((1, 6, 6, 1))
    np.testing.assert_array_equal(max_pool(inputs, window=3), max_pool(inputs, window=3, strides=3))
    assert avg_pool(inputs, window=(2, 3)).shape == (1, 3, 2, 1)


WINDOW, STRIDES, PADDING = (3, 2), (2, 1), ((1, 1), (0, 1))


def reduce_window(inputs):
    return lax.reduce_window(inputs, -jnp.inf, lax.max, (1, *WINDOW, 1), (1, *STRIDES, 1), ((0, 0), *PADDING, (0, 0)))


def ours(inputs):
    return max_pool(inputs, window=WINDOW, strides=STRIDES, padding=PADDING)


def test_max_pooling_and_its_gradient_are_those_of_reduce_window_ties_included(integers):
    inputs = integers((2, 7, 6, 3), -1, 1)
    (found, found_vjp), (expected, expected_vjp) = jax.vjp(ours, inputs), jax.vjp(reduce_window, inputs)
    np.testing.assert_array_equal(found, expected)
    cotangent = integers(found.shape)
    np.testing.assert_array_equal(found_vjp(cotangent)[0], expected_vjp(cotangent)[0])


def test_forward_and_reverse_mode_of_max_pooling_agree_at_ties(integers):
    # Those of reduce_window do not, with this window and padding.
    inputs, tangent = integers((2, 7, 6, 3), -1, 1), integers((2, 7, 6, 3))
    outputs, d_outputs = jax.jvp(ours, (inputs,), (tangent,))
    cotangent = integers(outputs.shape)
    assert jnp.vdot(cotangent, d_outputs) == jnp.vdot(jax.vjp(ours, inputs)[1](cotangent)[0], tangent)


@pytest.mark.parametrize("where", range(4))
def test_a_nan_anywhere_in_a_window_is_not_lost(where):
    inputs = jnp.arange(4.0).at[where].set(jnp.nan).reshape(1, 2, 2, 1)
    assert jnp.isnan(max_pool(inputs, window=2)).all()
    assert jnp.isnan(avg_pool(inputs, window=2)).all()


@pytest.mark.parametrize("pool", [max_pool, avg_pool])
@pytest.mark.parametrize("padding", [((0, 2), (0, 0)), ((0, 0), (-1, 0))])
def test_a_window_of_padding_alone_is_refused(pool, padding):
    with pytest.raises(ValueError, match=r"^`padding` of a pooling must be from 0 to window - 1"):
        pool(jnp.zeros((1, 4, 4, 1)), window=2, padding=padding)
