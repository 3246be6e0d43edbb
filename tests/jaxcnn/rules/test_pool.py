"""The pooling rules against autodiff of the rule-free ops: bit for bit, on whole numbers with many ties."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.rules import RULES
from verify.compiled import Compiled

CONFIGURATIONS = list(
    itertools.product(
        ["max_pool", "avg_pool"],
        [(2, 2), (3, 2)],
        [None, (1, 1), (2, 4)],
        ["SAME", "VALID", ((1, 0), (0, 1))],
    )
)


def by_rule_and_autodiff(inputs, cotangents):
    """Return outputs and cotangents of every configuration, each by the rule and by autodiff of the op."""
    found = []
    for (name, window, strides, padding), cotangent in zip(CONFIGURATIONS, cotangents, strict=True):
        rule, options = RULES[name], {"window": window, "strides": strides, "padding": padding}
        expected, vjp = jax.vjp(lambda x, rule=rule, options=options: rule.primal(x, **options), inputs)
        outputs, residuals = rule.forward(inputs, **options)
        found.append(
            ((outputs, expected), (rule.backward(residuals, cotangent, **options)[0], vjp(cotangent)[0])),
        )
    return found


@pytest.fixture(scope="module")
def compared():
    """All configurations in one program, which XLA does not simplify: it would divide by rounded reciprocals."""
    random = np.random.default_rng(0)
    inputs = random.integers(-1, 2, (2, 7, 6, 3)).astype(np.float32)
    cotangents = []
    for name, window, strides, padding in CONFIGURATIONS:
        pooled = functools.partial(RULES[name].primal, window=window, strides=strides, padding=padding)
        # Multiples of 12 stay whole when divided by any number of real entries of these windows: 1, 2, 3, 4 or 6.
        cotangents.append(12 * random.integers(-3, 4, jax.eval_shape(pooled, inputs).shape).astype(np.float32))
    program = Compiled(by_rule_and_autodiff, inputs.size, quick=True)
    return dict(zip(CONFIGURATIONS, program(inputs, cotangents), strict=True))


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_cotangent_equals_autodiff_bit_for_bit(compared, configuration):
    (outputs, expected_outputs), (cotangent, expected) = compared[configuration]
    np.testing.assert_array_equal(outputs, expected_outputs)
    np.testing.assert_array_equal(cotangent, expected)
    assert np.any(cotangent != 0)


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
