"""The lab `depth`: scores are those of the networks, gradients vanish where they must, and ranges are checked."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from jaxcnn.analysis import EXACT, Range
from jaxcnn.datasets import load
from jaxcnn.labs.data import LabData
from jaxcnn.labs.depth import sections
from jaxcnn.labs.depth.gradients import trained_gradients, untrained_gradients
from jaxcnn.labs.depth.training import Config, named, train
from jaxcnn.models import Model, evaluate
from jaxcnn.training import EpochRecord, Score

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


def test_a_tie_and_a_loss_that_is_no_number_are_no_win_of_either():
    def history(loss):
        return (EpochRecord(1, Score(1.0, 0.5), {"test": Score(loss, 0.5)}, 1.0),)

    losses = {1: (0.5, 0.5), 2: (0.4, 0.5), 3: (0.5, 0.4), 4: (float("nan"), 0.4)}
    histories = {
        named(name, depth): history(loss)
        for depth, both in losses.items()
        for name, loss in zip(("lecun", "tanh"), both, strict=True)
    }
    config = dataclasses.replace(CONFIG, depths="1,2,3,4")
    section = sections.lecun_curves(SimpleNamespace(config=config, networks=SimpleNamespace(histories=histories)))
    assert section.numbers == {"lower test loss with LeCun's": [2], "with tanh": [3]}
    assert section.blocks[0].text.endswith(
        "with 2 hidden layers, tanh with 3. Neither loss is the lower one with 1, 4."
    )


def test_the_mini_batch_is_of_the_training_images(run):
    known = {image.tobytes() for image in run.data.train.images}
    assert len(run.batch) == CONFIG.batch_size
    assert {image.tobytes() for image in run.batch.images} <= known


@pytest.mark.parametrize("depths", ["", "5;20", "x"])
def test_depths_that_are_no_numbers_are_refused(depths):
    with pytest.raises(ValueError, match="`depths` must be whole numbers with commas between, such as 5,20; got"):
        Config(depths=depths)


def test_a_depth_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`depths` must be a positive whole number; got 0"):
        Config(depths="5,0")
    assert len(Config().networks()) == 12
