"""The rules of softmax and cross-entropy: their closed forms, each kind of labels, and logits of any size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.ops import cross_entropy, softmax
from jaxcnn.rules import RULES

# The entries of a row of probabilities and of its labels are at most 1, and fewer than ten are added up.
ROUNDING = 10 * np.finfo(np.float32).eps


def gradients(logits, labels, cotangent=1.0):
    return RULES["cross_entropy"].backward((logits, labels), jnp.asarray(cotangent, logits.dtype))


def test_the_gradient_is_p_minus_y_over_n(reals):
    logits, classes = reals((3, 4)), jnp.asarray([0, 3, 1])
    expected = (np.asarray(softmax(logits)) - np.eye(4)[np.asarray(classes)]) / 3
    np.testing.assert_allclose(gradients(logits, classes)[0], expected, atol=ROUNDING, rtol=0)


def test_soft_labels_need_not_add_up_to_1(reals):
    logits, labels = reals((3, 4)), jnp.abs(reals((3, 4)))
    expected = jax.grad(cross_entropy, argnums=(0, 1))(logits, labels)
    for ours, theirs in zip(gradients(logits, labels), expected, strict=True):
        # The sum over a row of labels is at most 8.
        np.testing.assert_allclose(ours, theirs, atol=8 * ROUNDING, rtol=0)


@pytest.mark.parametrize("labels", [jnp.asarray([0, 2]), jnp.eye(3, dtype=bool)[:2], jnp.eye(3, dtype=jnp.int32)[:2]])
def test_labels_that_are_not_floating_point_have_no_cotangent(reals, labels):
    logits = reals((2, 3))
    assert gradients(logits, labels)[1] is None
    installed = RULES["cross_entropy"].with_custom_vjp()
    np.testing.assert_array_equal(jax.grad(installed)(logits, labels), gradients(logits, labels)[0])


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_the_gradient_is_finite_and_right_for_logits_of_any_size(size):
    logits = jnp.asarray([[-size, size, 0], [size, size, -size]])
    d_logits, _ = gradients(logits, jnp.asarray([0, 2]))
    np.testing.assert_array_equal(d_logits, [[-0.5, 0.5, 0], [0.25, 0.25, -0.5]])


def test_the_cotangent_of_softmax_is_orthogonal_to_a_common_shift(reals):
    p, cotangent = softmax(reals((3, 4))), reals((3, 4))
    (d_logits,) = RULES["softmax"].backward(p, cotangent)
    np.testing.assert_allclose(jnp.sum(d_logits, axis=-1), 0, atol=4 * ROUNDING)


def test_log_probabilities_are_logits_of_the_same_loss(reals):
    logits, classes = reals((3, 4)), jnp.asarray([3, 0, 1])
    outputs, log_p = RULES["log_softmax"].forward(logits)
    loss, residuals = RULES["cross_entropy"].forward(outputs, classes)
    d_outputs, _ = RULES["cross_entropy"].backward(residuals, jnp.ones_like(loss))
    (chained,) = RULES["log_softmax"].backward(log_p, d_outputs)
    np.testing.assert_allclose(loss, cross_entropy(logits, classes), rtol=0, atol=4 * ROUNDING)
    np.testing.assert_allclose(chained, gradients(logits, classes)[0], rtol=0, atol=4 * ROUNDING)
