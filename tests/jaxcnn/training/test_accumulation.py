"""The four calls against a perceptron in NumPy alone."""

import jax
import numpy as np
import pytest

from jaxcnn import MLP, Network, Softmax
from jaxcnn.ops import softmax
from jaxcnn.training import accumulation
from tests.jaxcnn.training._perceptron import Perceptron

# float64: sums of at most 784 terms of size 1, through a few updates that amplify no error; 2⁻⁵³ each.
ROUNDING = 784 * 2.0**-50


@pytest.fixture
def student():
    return Perceptron(np.random.default_rng(0))


@pytest.fixture(scope="module")
def digits():
    random = np.random.default_rng(1)
    return random.uniform(size=(24, 28, 28, 1)), random.integers(0, 10, 24).astype(np.int32)


def by_student(student, images, labels, rate, over):
    for begin in range(0, len(images), 8):
        student.reset_grad()
        for image, label in zip(images[begin : begin + 8], labels[begin : begin + 8], strict=True):
            student.forward(image.reshape(-1))
            student.update_grad(label)
        student.update_params(rate, over)
    return student.params()


def by_calls(network, params, images, labels, rate, over, *, part):
    for begin in range(0, len(images), 8):
        sums = accumulation.reset_grad(params)
        for at in range(begin, begin + 8, part):
            _, trace = accumulation.forward(network, params, images[at : at + part])
            sums = accumulation.update_grad(network, sums, trace, labels[at : at + part])
        assert int(sums.examples) == 8
        params = accumulation.update_params(params, sums, rate, over=over)
    return params


def differences(found, expected):
    return max(jax.tree.leaves(jax.tree.map(lambda a, b: float(np.abs(np.asarray(a) - b).max()), found, expected)))


@pytest.mark.parametrize(("over", "rate", "part"), [("mean", 0.5, 8), ("sum", 0.05, 4)])
def test_three_updates_are_those_of_the_student(student, digits, over, rate, part):
    start = student.params()
    expected = by_student(student, *digits, rate, over)
    assert differences(expected, start) > 1e-3  # they moved
    with jax.enable_x64(True):
        assert differences(by_calls(MLP, start, *digits, rate, over, part=part), expected) < ROUNDING
        network = Network(*MLP, Softmax())  # whose softmax is left to the loss
        assert differences(by_calls(network, start, *digits, rate, over, part=part), expected) < ROUNDING


def test_the_sum_instead_of_the_mean_is_noticed(student, digits):
    start = student.params()
    expected = by_student(student, *digits, 0.5, "mean")
    with jax.enable_x64(True):
        assert differences(by_calls(MLP, start, *digits, 0.5, "sum", part=8), expected) > 1e-3


def test_the_logits_and_the_loss_are_those_of_the_student(student, digits):
    images, labels = digits
    expected = np.array([student.forward(image.reshape(-1)) for image in images])
    with jax.enable_x64(True):
        params = student.params()
        logits, trace = accumulation.forward(MLP, params, images)
        sums = accumulation.update_grad(MLP, accumulation.reset_grad(params), trace, labels)
        np.testing.assert_allclose(softmax(logits), expected, rtol=0, atol=ROUNDING)
    # the loss is float32
    np.testing.assert_allclose(sums.loss, -np.log(expected[np.arange(24), labels]).sum(), rtol=24 * 2.0**-22)


def test_nothing_is_changed_in_place(student, digits):
    images, labels = (one[:8] for one in digits)
    params = jax.tree.map(np.float32, student.params())
    before = jax.tree.map(np.copy, params)
    empty = accumulation.reset_grad(params)
    _, trace = accumulation.forward(MLP, params, images.astype(np.float32))
    once = accumulation.update_grad(MLP, empty, trace, labels)
    accumulation.update_params(params, once, 0.1)
    again = accumulation.update_grad(MLP, empty, trace, labels)
    jax.tree.map(np.testing.assert_array_equal, params, before)
    jax.tree.map(np.testing.assert_array_equal, again, once)
    assert int(empty.examples) == 0


def test_what_cannot_be_is_refused(student, digits):
    params = jax.tree.map(np.float32, student.params())
    sums = accumulation.reset_grad(params)
    with pytest.raises(ValueError, match=r"^`accumulator` must hold the gradient of at least one example; call"):
        accumulation.update_params(params, sums, 0.1)
    with pytest.raises(ValueError, match=r"^`over` must be 'mean' or 'sum'; got 'batch'\.$"):
        accumulation.update_params(params, sums, 0.1, over="batch")
    _, trace = accumulation.forward(MLP, params, np.float32(digits[0]))
    with pytest.raises(ValueError, match=r"^`labels` must be from 0 to 9; got 1"):
        accumulation.update_grad(MLP, sums, trace, digits[1] + 10)
