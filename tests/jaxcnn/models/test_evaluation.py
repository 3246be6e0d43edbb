"""Probabilities and counts of a model, against NumPy."""

import numpy as np
import pytest

from jaxcnn import Dense, Flatten, Network
from jaxcnn.datasets import Dataset, Provenance
from jaxcnn.models import Model, evaluate
from tests.jaxcnn.models._models import model, pictures

ROWS = Network(Flatten(), Dense(3))
MODEL = model(ROWS, (3, 2, 1))


def by_numpy(images):
    """Return log-probabilities in float64."""
    layer = MODEL.params["dense_0"]
    inputs = -1 + 2 * (images.reshape(len(images), -1) / 255)
    logits = inputs @ layer["kernel"].astype(float) + layer["bias"]
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


# Sums of six products of numbers below 4, then an exponential and a logarithm of numbers of that size: each of some ten
# operations is off by at most 2⁻²⁴ of at most 24, and the softmax passes at most twice of it on.
BOUND = 2 * 10 * 24 * 2.0**-24


@pytest.mark.parametrize("count", [1, 2, 3, 300])
def test_any_number_of_images_is_computed_as_one_by_one(count):
    images = pictures((3, 2, 1), count)
    np.testing.assert_allclose(MODEL.log_probabilities(images), by_numpy(images), rtol=0, atol=BOUND)
    np.testing.assert_allclose(MODEL.probabilities(images).sum(1), 1, rtol=0, atol=BOUND)


def test_rows_are_taken_as_they_are():
    made = model(Network(Dense(2)), (3,))
    rows = np.array([[1.0, -2.0, 0.5]], np.float32)
    logits = rows @ made.params["dense_0"]["kernel"] + made.params["dense_0"]["bias"]
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(made.probabilities(rows), expected, rtol=0, atol=BOUND)


@pytest.mark.parametrize("shape", [(0, 3, 2, 1), (4, 2, 3, 1), (4, 3, 2)])
def test_other_images_are_refused(shape):
    with pytest.raises(ValueError, match=r"^`images` must be \(N, 3, 2, 1\), at least one; got"):
        MODEL.probabilities(np.zeros(shape, np.uint8))


def test_images_that_are_scaled_already_are_refused():
    with pytest.raises(TypeError, match="are they scaled already"):
        MODEL.probabilities(np.zeros((1, 3, 2, 1), np.float32))


def data(count=40, classes=("a", "b", "c"), shape=(3, 2, 1)):
    labels = (np.arange(count) % len(classes)).astype(np.int32)
    return Dataset(pictures(shape, count), labels, classes, Provenance("drawn", "test", "folder", "unchecked"))


def test_what_is_counted_is_what_numpy_counts():
    drawn = data()
    found, log_p = evaluate(MODEL, drawn), by_numpy(drawn.images)
    confusion = np.zeros((3, 3), int)
    for label, guess in zip(drawn.labels, log_p.argmax(1), strict=True):
        confusion[label, guess] += 1
    assert found.confusion == tuple(map(tuple, confusion.tolist()))
    assert found.examples == 40
    assert found.accuracy == np.trace(confusion) / 40
    assert abs(found.loss + log_p[np.arange(40), drawn.labels].mean()) <= BOUND


def test_a_loss_beyond_the_smallest_probability_is_finite():
    params = {"dense_0": {"kernel": np.zeros((6, 2), np.float32), "bias": np.array([0, 500], np.float32)}}
    sure = Model(Network(Flatten(), Dense(2)), params, (3, 2, 1), ("a", "b"))
    found = evaluate(sure, data(2, ("a", "b")))
    assert (found.accuracy, found.loss) == (0.5, 250.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"shape": (2, 3, 1)},
            r"must hold images of \(3, 2, 1\), which the model takes; those of drawn are \(2, 3, 1\)",
        ),
        ({"classes": ("a", "b")}, "must have the 3 classes that the model tells apart; drawn has 2"),
    ],
)
def test_data_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        evaluate(MODEL, data(**changes))
