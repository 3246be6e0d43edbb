"""The last epochs of the lab `best-digits`."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from jaxcnn import MLP
from jaxcnn.datasets import load, load_scans
from jaxcnn.labs.best_digits.training import Config, with_scans
from jaxcnn.labs.data import LabData
from jaxcnn.models import Model
from jaxcnn.photographs import digit_of


@pytest.fixture(scope="module")
def run():
    """Return a run whose model takes each image for the class whose mean is nearest: no training is needed."""
    data = LabData(load("digits", "train"), load("digits", "test"))
    rows = data.train.images.reshape(len(data.train), -1) / 255
    means = np.stack([rows[data.train.labels == label].mean(0) for label in range(10)])
    # The nearest mean has the largest m.x - |m|²/2; the hidden sigmoid of the MLP is used where it is nearly a line.
    hidden = {"kernel": np.zeros((784, 64)), "bias": np.zeros(64)}
    hidden["kernel"][:, :10] = 0.001 * means.T
    last = {"kernel": np.zeros((64, 10)), "bias": -((means**2).sum(1)) / 2 - 2000}
    last["kernel"][:10] = 4000 * np.eye(10)
    model = Model(MLP, {"dense_0": hidden, "dense_1": last}, (28, 28, 1), data.test.classes)
    config = dataclasses.replace(Config().quickened(), disturbed=60, searched=2)
    return SimpleNamespace(config=config, data=data, model=model, means=means, ended=None)


def test_the_last_epochs_add_the_scans_for_training_and_none_that_are_held_out(run):
    few = run.data.train.take(np.arange(10), "ten")
    more, (scans, labels) = with_scans(few), load_scans("train")
    assert len(more) == 10 + 6 * len(scans)
    np.testing.assert_array_equal(more.images[:10], few.images)
    np.testing.assert_array_equal(more.images[10], digit_of(scans[0]))
    np.testing.assert_array_equal(more.images[10 + len(scans)], run.data.train.images[0])  # enlarged
    np.testing.assert_array_equal(more.labels[10:], np.tile(labels, 6))
    held, _ = load_scans("test")
    assert not {scan.tobytes() for scan in scans} & {scan.tobytes() for scan in held}
