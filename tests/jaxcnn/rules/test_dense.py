"""The rules of the fully connected layer and of flattening against autodiff: bit for bit, on whole numbers."""

import jax
import numpy as np
import pytest

from jaxcnn.rules import RULES


def agree_bit_for_bit(rule, arguments, integers):
    outputs, vjp = jax.vjp(rule.primal, *arguments)
    cotangent = integers(outputs.shape)
    found, residuals = rule.forward(*arguments)
    np.testing.assert_array_equal(found, outputs)
    for ours, theirs in zip(rule.backward(residuals, cotangent), vjp(cotangent), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("leading", [(), (1,), (3,), (2, 3), (0,)])
def test_all_three_cotangents_of_dense_equal_autodiff(integers, leading):
    agree_bit_for_bit(RULES["dense"], (integers((*leading, 4)), integers((4, 5)), integers((5,))), integers)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 1), (4,), (0, 2, 2)])
def test_the_cotangent_of_flatten_equals_autodiff(integers, shape):
    agree_bit_for_bit(RULES["flatten"], (integers(shape),), integers)
