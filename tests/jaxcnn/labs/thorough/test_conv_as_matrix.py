"""What the sections of the lab `conv-as-matrix` say of a small network that was trained for a moment."""

import dataclasses

import numpy as np
import pytest

from jaxcnn import Conv, Dense, Flatten, MaxPool, Network, Relu
from jaxcnn.labs.conv_as_matrix import LAB, free, matrices
from jaxcnn.labs.conv_as_matrix import run as running
from jaxcnn.labs.conv_as_matrix.compared import all_images, one_image
from jaxcnn.labs.conv_as_matrix.settings import Config
from jaxcnn.labs.data import LabData, load_data
from jaxcnn.labs.progress import SILENT
from jaxcnn.labs.report import Chart, Table
from jaxcnn.matrices import MatrixReading

CONFIG = dataclasses.replace(Config().quickened(), epochs=1, batch_size=64, images=40)

# A small network in the place of both of the lab's: it compiles in a second.
SMALL = Network(Conv(4, 3, padding="VALID"), MaxPool(2), Relu(), Flatten(), Dense(16), Relu(), Dense(10))


@pytest.fixture(scope="module")
def data():
    found = load_data(CONFIG)
    return LabData(found.train.take(np.arange(512), "the first 512"), found.test)


@pytest.fixture(scope="module", autouse=True)
def small():
    with pytest.MonkeyPatch.context() as patch:
        for module in (running, matrices):
            patch.setattr(module, "CONV_AS_MATRIX", SMALL)
        for module in (running, free):
            patch.setattr(module, "FREE", SMALL)
        yield


@pytest.fixture(scope="module")
def run(data):
    return running.run(CONFIG, data, SILENT)


@pytest.fixture(scope="module")
def sections(run):
    return {step.__name__: step(run) for step in LAB.steps if step.__name__ != "derivatives_verified"}


def test_five_gradient_updates_are_shown_with_their_losses_and_are_those_of_the_training(run, sections):
    section = sections["first_gradient_updates"]
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == [1, 2, 3, 4, 5]
    losses = section.numbers["batch loss"]
    assert len(losses) == 8  # batches of 64 of 512 images: the whole epoch
    np.testing.assert_allclose(np.mean(losses), run.free.history[0].running.loss, rtol=1e-6)
    assert section.numbers["test loss after"][4] < section.numbers["test loss after"][0]


def test_all_images_are_within_the_bounds_and_predicted_alike_in_both_forms(sections):
    numbers = sections["all_images"].numbers
    for form in ("selection", "relu"):
        assert numbers[form]["same"] == numbers["images"] == 40
        assert 0 < numbers[form]["largest difference"] < numbers["bounds"]["proved"]["largest"]
    assert numbers["bounds"]["probable"]["largest"] < numbers["bounds"]["proved"]["largest"]


def test_a_logit_beyond_the_bound_ends_the_report(run, monkeypatch):
    right = MatrixReading.forward
    monkeypatch.setattr(MatrixReading, "forward", lambda self, inputs, form="selection": right(self, inputs) + 1)
    with pytest.raises(
        ArithmeticError, match=r"^The selection form must stay within its proved bound: it is off by up to"
    ):
        all_images(run)


def test_the_matrices_are_counted(sections):
    numbers = sections["as_matrices"].numbers
    assert numbers["convolution matrix"] == {"shape": [26 * 26 * 4, 784], "not zero": 26 * 26 * 4 * 9}
    assert numbers["neurons"] == {
        **{"inputs": 784, "conv_0": 2704, "max_pool_0": 676, "relu_0": 676, "flatten_0": 676},
        **{"dense_0": 16, "relu_1": 16, "dense_1": 10},
    }
    # The convolution, two stages of pooling of two matrices each, and two dense layers.
    assert numbers["matrices of the relu form"] == 7


def test_both_distributions_of_one_image_add_up_to_one_and_the_image_can_be_chosen(run, sections):
    numbers = sections["one_image"].numbers
    for name in ("by convolution", "by matrices"):
        assert numbers[name].sum() == pytest.approx(1, abs=1e-12)
    assert np.abs(numbers["by convolution"] - numbers["by matrices"]).max() < 1e-5
    chosen = dataclasses.replace(run, config=dataclasses.replace(CONFIG, image=7))
    assert one_image(chosen).numbers["image"] == 7
    assert one_image(chosen).numbers["by matrices"].tolist() != numbers["by matrices"].tolist()


def test_every_section_has_a_title_of_its_own_and_every_figure_a_name(sections):
    assert len({section.title for section in sections.values()}) == len(LAB.steps) - 1
    charts = [block.name for section in sections.values() for block in section.blocks if isinstance(block, Chart)]
    assert len(charts) == len(set(charts)) == 6
