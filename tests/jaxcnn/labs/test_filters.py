"""The lab names planted derivatives with their directions, and says so when no filter is one."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.analysis import identify
from jaxcnn.datasets import load
from jaxcnn.labs import filters
from jaxcnn.labs.data import LabData
from jaxcnn.labs.filters.derivatives import derivatives
from jaxcnn.labs.filters.known_images import known_images
from jaxcnn.labs.filters.learning_rate import learning_rate
from jaxcnn.labs.filters.training import Config, Run
from jaxcnn.labs.report import Chart, Paragraph
from jaxcnn.labs.training import Trained
from jaxcnn.parameters import init_parameters
from jaxcnn.training import EpochRecord, Score
from jaxcnn.zoo import FILTERS

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
SLANTED = np.cos(np.radians(150)) * SOBEL + np.sin(np.radians(150)) * SOBEL.T
CURVED = np.outer([1, 2, 1], [1, -2, 1]) / 4
LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def run_with(*planted):
    """Return a run whose first layer has these filters, and 32 less these that are no derivatives."""
    random = np.random.default_rng(0).normal(size=(200, 3, 3))
    random -= random.mean(axis=(1, 2), keepdims=True)
    others = [kernel for kernel, one in zip(random, identify(random), strict=True) if one.explained < 0.8]
    kernels = np.array([*planted, *others][:32], np.float32)
    params = {"conv_0": {"kernel": np.moveaxis(kernels, 0, -1)[:, :, None]}}
    return Run(Config(), None, {0: Trained(None, params, ())})


def prose(section):
    return "\n".join(block.text for block in section.blocks if isinstance(block, Paragraph))


@pytest.fixture(scope="module")
def planted():
    return run_with(SOBEL, SLANTED, CURVED, LAPLACIAN)


def test_planted_derivatives_are_named_with_direction_and_reason(planted):
    section = derivatives(planted)
    told = prose(section)
    assert "qualifies" not in told
    assert "**Filter 0** approximates d/dx: its first moments are (1, 0)" in told
    assert "towards 0° (right)" in told
    assert "towards 150° (lower left)" in told
    assert "**Filter 2** approximates d2/dx2" in told
    assert "**Filter 3** approximates Laplacian" in told
    assert "4 of 32 do" in told
    assert {number: one["order"] for number, one in section.numbers["qualified"].items()} == {
        "0": 1,
        "1": 1,
        "2": 2,
        "3": 2,
    }
    assert any(isinstance(block, Chart) for block in section.blocks)


def test_known_images_agree_with_the_moments(planted):
    section = known_images(planted)
    numbers = section.numbers
    assert "checks the computation of both, and not whether the filter is a derivative" in prose(section)
    assert set(numbers) == {"0", "1", "2", "3"}
    assert all(one["apart"] < 1 for number, one in numbers.items() if number != "3")
    assert numbers["3"]["apart"] is None
    assert numbers["3"]["weakest"] > 0.99
    assert numbers["2"]["weakest"] < 0.01


def test_when_no_filter_is_a_derivative_the_report_says_so():
    run = run_with()
    told = prose(derivatives(run))
    assert "0 of 32 do" in told
    for asked, nearest in ((2, 2), (1, 1)):
        said = told.split(f"The assignment asks for {asked}, and none of these filters qualifies.")[1].split("\n")[0]
        assert said.count("is nearest to") == nearest
    assert "approximates" not in told
    assert all(one["apart"] is None or one["apart"] < 1 for one in known_images(run).numbers.values())


def test_the_other_learning_rate_is_compared_with_units_that_are_silent():
    test = load("digits", "test").take(np.arange(20), "the first")
    alive = init_parameters(FILTERS, jax.random.key(0), (1, 28, 28, 1))
    dead = {**alive, "dense_0": {**alive["dense_0"], "bias": jnp.full(64, -1e6).at[:3].set(1e6)}}
    score = {split: Score(1.0, accuracy) for split, accuracy in (("train", 0.75), ("test", 0.5))}
    better = {"train": Score(0.1, 1.0), "test": Score(0.2, 0.875)}
    histories = [(EpochRecord(1, scores["train"], scores, 1.0),) for scores in (score, better)]
    networks = {0: Trained(None, dead, histories[0])}
    run = Run(Config(), LabData(test, test), networks, Trained(None, alive, histories[1]))
    section = learning_rate(run)
    silent = [one["silent units"] for one in section.numbers.values()]
    assert (list(section.numbers), silent[0]) == (["seed 0, rate 0.01", "seed 0, rate 0.001"], 61)
    assert silent[1] < 61
    told = prose(section)
    assert "With the smaller rate 0.001" in told
    assert f"is **87.50 %** instead of 50.00 %, and {silent[1]} units are silent instead of 61" in told
    assert "--set compared_rate=0.001" in prose(learning_rate(dataclasses.replace(run, compared=None)))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seeds=0", "`seeds` must be a positive whole number; got 0"),
        ("epochs=0", "`epochs` must be a positive whole number; got 0"),
        ("learning_rate=-1", r"`learning_rate` must be finite, above 0; got -1\.0"),
        ("compared_rate=0.01", "`compared_rate` must differ from `learning_rate`, 0.01, .*; got 0.01: choose another"),
        ("learning_rate=0.001", "`compared_rate` must differ from `learning_rate`, 0.001, .*; got 0.001"),
        ("init=zeros", "`init` must be one of lecun_normal, .*; got 'zeros'"),
    ],
)
def test_settings_out_of_range_are_refused_before_anything_is_trained(setting, message):
    with pytest.raises(ValueError, match=message):
        filters.LAB.config().changed([setting])
