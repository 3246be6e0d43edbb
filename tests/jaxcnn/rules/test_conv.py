"""The convolution rule against autodiff of the rule-free op: bit for bit, on whole numbers, over its configurations."""

import functools
import itertools

import jax
import numpy as np
import pytest

from jaxcnn.rules import RULES

# Strides with and without a remainder, dilation, depthwise and other groups, 1 x 1 kernels; one program runs them all,
# since compiling is what takes the time.
CONFIGURATIONS = list(itertools.product([(3, 2), (1, 1)], [(1, 1), (2, 3)], [(1, 1), (2, 1)], [1, 2, 4]))


@pytest.mark.parametrize("padding", ["SAME", "VALID", ((2, 0), (0, 3)), ((-1, 1), (0, -2))])
def test_all_three_cotangents_equal_autodiff_bit_for_bit(integers, padding):
    rule, cases = RULES["conv"], []
    for size, strides, dilation, groups in CONFIGURATIONS:
        options = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
        arguments = integers((2, 7, 6, 4)), integers((*size, 4 // groups, 4)), integers((4,))
        shape = jax.eval_shape(functools.partial(rule.primal, **options), *arguments).shape
        cases.append((options, arguments, integers(shape)))

    @jax.jit
    def by_hand_and_by_autodiff(values):
        results = []
        for (options, _, _), (arguments, cotangent) in zip(cases, values, strict=True):
            outputs, residuals = rule.forward(*arguments, **options)
            expected, vjp = jax.vjp(functools.partial(rule.primal, **options), *arguments)
            found = (outputs, *rule.backward(residuals, cotangent, **options))
            results.append((found, (expected, *vjp(cotangent))))
        return results

    results = by_hand_and_by_autodiff([(arguments, cotangent) for _, arguments, cotangent in cases])
    for (options, _, _), (found, expected) in zip(cases, results, strict=True):
        for name, ours, theirs in zip(("outputs", *rule.arguments), found, expected, strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=f"{name}, {options}")


def test_an_empty_batch_has_cotangents_of_zero(integers):
    residuals = integers((0, 5, 5, 2)), integers((3, 3, 2, 4))
    d_inputs, d_kernel, d_bias = RULES["conv"].backward(residuals, integers((0, 5, 5, 4)))
    assert d_inputs.shape == (0, 5, 5, 2)
    assert not d_kernel.any()
    assert not d_bias.any()
