"""Softmax and cross-entropy against the formula in NumPy, and where the formula overflows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.ops import cross_entropy, log_softmax, softmax


def probabilities(logits):
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


# |z| <= 2 and K = 4, so each result is a sum or quotient of a few numbers below 30, with ten roundings at most.
ROUNDING = 10 * 30 * np.finfo(np.float64).eps


def test_softmax_and_its_logarithm_are_their_formulas(reals):
    with jax.enable_x64(True):
        logits = reals((3, 4), jnp.float64)
        expected = probabilities(np.asarray(logits))
        np.testing.assert_allclose(softmax(logits), expected, rtol=0, atol=ROUNDING)
        np.testing.assert_allclose(log_softmax(logits), np.log(expected), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("leading", [(), (3,), (2, 3)])
def test_all_forms_of_labels_give_the_mean_over_the_batch(reals, leading):
    with jax.enable_x64(True):
        logits, classes = reals((*leading, 4), jnp.float64), np.arange(np.prod(leading, dtype=int)).reshape(leading) % 4
        rows = np.eye(4)[classes]
        expected = -np.mean(np.sum(rows * np.log(probabilities(np.asarray(logits))), axis=-1))
        for labels in (jnp.asarray(classes, jnp.int32), jnp.asarray(rows), jnp.asarray(rows, bool)):
            np.testing.assert_allclose(cross_entropy(logits, labels), expected, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("labels", [[0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]], ids=["classes", "rows"])
def test_loss_and_gradient_are_finite_for_logits_of_any_size(size, labels):
    logits = jnp.asarray([[-size, size, 0], [size, size, -size]], jnp.float32)
    loss, gradient = jax.value_and_grad(cross_entropy)(logits, jnp.asarray(labels))
    assert jnp.isfinite(loss)
    assert loss >= size / 4
    assert jnp.isfinite(gradient).all()


def test_a_logit_of_minus_infinity_excludes_its_class():
    logits = jnp.asarray([[0.0, 0.0, -jnp.inf]])
    loss, gradient = jax.value_and_grad(cross_entropy)(logits, jnp.asarray([0]))
    np.testing.assert_allclose(loss, np.log(2), rtol=4 * np.finfo(np.float32).eps)
    np.testing.assert_array_equal(gradient, [[-0.5, 0.5, 0]])


def test_an_integer_outside_its_range_adds_nothing_and_still_counts():
    logits = jnp.asarray([[1.0, 2.0], [3.0, 5.0]])
    both, first = cross_entropy(logits, jnp.asarray([1, -1])), cross_entropy(logits[:1], jnp.asarray([1]))
    assert both == first / 2


@pytest.mark.parametrize(
    ("logits", "labels", "error", "message"),
    [
        ((2, 3), jnp.zeros((3,), int), ValueError, r"^`labels` must have the shape of `logits` \(2, 3\) or that"),
        ((2, 3), jnp.zeros((2,)), TypeError, "^`labels` without a class axis must be integers; got float32"),
        ((0, 3), jnp.zeros((0,), int), ValueError, "^`logits` must hold at least one example and one class"),
    ],
)
def test_labels_that_do_not_fit_are_explained(logits, labels, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(jnp.zeros(logits), labels)
