"""The convolution rule against autodiff of the rule-free op: bit for bit, on whole numbers, over its configurations."""

import itertools

import jax
import numpy as np
import pytest

from jaxcnn.rules import RULES

# Strides with and without a remainder, padding that crops, dilation, depthwise and other groups, 1 x 1 kernels.
CONFIGURATIONS = list(
    itertools.product(
        [(3, 2), (1, 1)],
        [(1, 1), (2, 3)],
        ["SAME", "VALID", ((2, 0), (0, 3)), ((-1, 1), (0, -2))],
        [(1, 1), (2, 1)],
        [1, 2, 4],
    )
)


@pytest.mark.parametrize(("size", "strides", "padding", "dilation", "groups"), CONFIGURATIONS)
def test_all_three_cotangents_equal_autodiff_bit_for_bit(integers, size, strides, padding, dilation, groups):
    rule, options = RULES["conv"], {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    arguments = integers((2, 7, 6, 4)), integers((*size, 4 // groups, 4)), integers((4,))

    @jax.jit
    def both(arguments, cotangent):
        outputs, residuals = rule.forward(*arguments, **options)
        expected, vjp = jax.vjp(lambda *values: rule.primal(*values, **options), *arguments)
        return outputs, expected, rule.backward(residuals, cotangent, **options), vjp(cotangent)

    shape = jax.eval_shape(lambda *values: rule.primal(*values, **options), *arguments).shape
    outputs, expected, found, wanted = both(arguments, integers(shape))
    np.testing.assert_array_equal(outputs, expected)
    for name, ours, theirs in zip(rule.arguments, found, wanted, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_an_empty_batch_has_cotangents_of_zero(integers):
    residuals = integers((0, 5, 5, 2)), integers((3, 3, 2, 4))
    d_inputs, d_kernel, d_bias = RULES["conv"].backward(residuals, integers((0, 5, 5, 4)))
    assert d_inputs.shape == (0, 5, 5, 2)
    assert not d_kernel.any()
    assert not d_bias.any()
