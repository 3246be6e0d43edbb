"""The pooling rules against autodiff of the rule-free ops: bit for bit, on whole numbers with many ties."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.rules import RULES

CONFIGURATIONS = list(
    itertools.product(
        ["max_pool", "avg_pool"],
        [(2, 2), (3, 2)],
        [None, (1, 1), (2, 4)],
        ["SAME", "VALID", ((1, 0), (0, 1))],
    )
)


@pytest.mark.parametrize(("name", "window", "strides", "padding"), CONFIGURATIONS)
def test_the_cotangent_equals_autodiff_bit_for_bit(integers, name, window, strides, padding):
    rule, options = RULES[name], {"window": window, "strides": strides, "padding": padding}
    inputs = integers((2, 7, 6, 3), -1, 1)
    # Not under jit, where XLA turns division by a constant into multiplication by its rounded reciprocal.
    outputs, vjp = jax.vjp(lambda x: rule.primal(x, **options), inputs)
    # Multiples of 12 stay whole when divided by any number of real entries of these windows: 1, 2, 3, 4 or 6.
    cotangent = 12 * integers(outputs.shape)
    found, residuals = rule.forward(inputs, **options)
    np.testing.assert_array_equal(found, outputs)
    np.testing.assert_array_equal(rule.backward(residuals, cotangent, **options)[0], vjp(cotangent)[0])


def test_a_tie_sends_its_cotangent_to_the_first_maximum_in_row_major_order():
    inputs = jnp.asarray([[1.0, 5.0], [5.0, 5.0]]).reshape(1, 2, 2, 1)
    (d_inputs,) = RULES["max_pool"].backward(inputs, jnp.full((1, 1, 1, 1), 7.0), window=2)
    np.testing.assert_array_equal(d_inputs.reshape(2, 2), [[0, 7], [0, 0]])


def test_where_windows_overlap_their_cotangents_add_up():
    inputs = jnp.asarray([0.0, 9.0, 0.0]).reshape(1, 1, 3, 1)
    (d_inputs,) = RULES["max_pool"].backward(
        inputs, jnp.asarray([2.0, 3.0]).reshape(1, 1, 2, 1), window=(1, 2), strides=1
    )
    np.testing.assert_array_equal(d_inputs.ravel(), [0, 5, 0])
