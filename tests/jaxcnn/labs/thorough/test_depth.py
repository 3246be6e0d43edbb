"""The lab `depth` trained for a moment: scores, gradients and the mini-batch that they are taken of."""

import dataclasses

import numpy as np
import pytest

from jaxcnn.analysis import EXACT, Range
from jaxcnn.datasets import load
from jaxcnn.labs.data import LabData
from jaxcnn.labs.depth import sections
from jaxcnn.labs.depth.gradients import trained_gradients, untrained_gradients
from jaxcnn.labs.depth.training import Config, train
from jaxcnn.models import Model, evaluate

CONFIG = dataclasses.replace(Config().quickened(), depths="1,6", epochs=1, learning_rate=0.1)


@pytest.fixture(scope="module")
def run():
    data = load("digits", "train"), load("digits", "test")
    return train(CONFIG, LabData(*(one.take(np.arange(150), "the first 150") for one in data)))


def test_the_scores_are_those_of_the_networks_that_were_trained(run):
    name = "tanh, 6 hidden layers"
    network = CONFIG.networks()[name]
    model = Model(network, run.networks.params[name], (28, 28, 1), run.data.test.classes)
    wanted = evaluate(model, run.data.test)
    section = sections.scores(run)
    accuracies, losses = section.blocks[1:]
    assert dict(zip(accuracies.columns, accuracies.rows[1], strict=True))["tanh"] == 100 * wanted.accuracy
    assert dict(zip(losses.columns, losses.rows[1], strict=True))["tanh"] == pytest.approx(wanted.loss, rel=1e-5)
    assert [row[0] for row in losses.rows] == [1, 6]
    assert len(section.numbers) == 8


def test_the_gradient_of_deep_sigmoids_vanishes_on_its_way_back_and_that_of_tanh_does_not(run):
    after, before = trained_gradients(run).numbers, untrained_gradients(run).numbers
    assert list(after["relu, 6 hidden layers"]) == [f"dense_{k}" for k in range(7)]
    assert set(before) == {f"{name}, {depth} hidden layers" for name in ("tanh", "lecun") for depth in (1, 6)}
    left = {name: own["dense_0"] / own[f"dense_{name.split()[1]}"] for name, own in after.items()}
    # Six sigmoids multiply by at most 1 / 4 each, and the weights by little more than 1.
    assert left["sigmoid, 6 hidden layers"] < 0.02
    assert left["tanh, 6 hidden layers"] > 0.1


def test_a_range_that_is_not_found_numerically_is_not_reported(run, monkeypatch):
    assert "(0, 0.25]" in sections.activations(run).blocks[-1].rows[2]
    monkeypatch.setattr(sections, "EXACT", {**EXACT, "tanh": Range(0.0, 1.1, (False, True))})
    with pytest.raises(AssertionError, match="The derivative of tanh has the range"):
        sections.activations(run)


def test_the_mini_batch_is_of_the_training_images(run):
    known = {image.tobytes() for image in run.data.train.images}
    assert len(run.batch) == CONFIG.batch_size
    assert {image.tobytes() for image in run.batch.images} <= known
