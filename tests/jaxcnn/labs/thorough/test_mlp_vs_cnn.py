"""What the sections of the lab `mlp-vs-cnn` say of perceptrons that were trained for a moment."""

import dataclasses

import numpy as np
import pytest

from jaxcnn.labs.data import load_data
from jaxcnn.labs.mlp_vs_cnn import LAB
from jaxcnn.labs.mlp_vs_cnn.run import Run, best, perceptrons_trained
from jaxcnn.labs.mlp_vs_cnn.settings import Config, splits
from jaxcnn.labs.progress import SILENT
from jaxcnn.labs.report import Chart
from jaxcnn.zoo import MLP
from tests.jaxcnn.labs._no_autodiff import no_autodiff

QUICK = dataclasses.replace(Config().quickened(), epochs=2, more_epochs=2)
OF_NETWORKS = ("derivatives_verified", "network_over_fitting", "network_scores")  # in test_every_lab.py


@pytest.fixture(scope="module")
def run():
    parts = splits(QUICK, load_data(QUICK))
    with no_autodiff():
        trained = perceptrons_trained(QUICK, parts, SILENT)
    return Run(QUICK, parts, *trained, {}, {})


@pytest.fixture(scope="module")
def sections(run):
    return {step.__name__: step(run) for step in LAB.steps if step.__name__ not in OF_NETWORKS}


def test_the_perceptrons_are_trained_without_autodiff_and_learn(run):
    found = {name: last.scores["training"].accuracy for name, (_, last) in run.perceptrons().items()}
    assert set(found) == {"as given, mean", "as given, sum", "all together"}
    assert found["all together"] > 0.5 > found["as given, mean"]


def test_every_section_has_a_title_of_its_own_and_every_figure_a_name(sections):
    assert len({section.title for section in sections.values()}) == len(LAB.steps) - 3
    charts = [block.name for section in sections.values() for block in section.blocks if isinstance(block, Chart)]
    assert len(charts) == len(set(charts)) == 6


def test_the_four_calls_make_the_updates_of_the_compiled_program(sections):
    numbers = sections["four_calls"].numbers
    assert numbers["updates"] == 5
    # float32, five updates of rate 0.001: sums of 784 terms of size 1, 2⁻²⁴ each
    assert numbers["largest difference"] < 5 * 0.001 * 784 * 2.0**-24
    assert numbers["largest move"] > 100 * numbers["largest difference"]


def test_the_seven_jacobians_are_those_of_autodiff(sections):
    numbers = sections["jacobians"].numbers
    assert len(numbers) == 7
    for found in numbers.values():
        assert found["largest difference to autodiff"] <= 100 * 2.0**-24 * max(1, found["largest entry"])


def test_the_numbers_of_the_table_are_those_of_the_networks(run, sections):
    numbers = sections["perceptron_scores"].numbers
    found = run.perceptrons()
    assert set(numbers["accuracy"]) == set(found) == {"as given, mean", "as given, sum", "all together"}
    test = run.splits.test
    for name, (params, _) in found.items():
        right = run.model(MLP, params).log_probabilities(test.images).argmax(axis=1) == test.labels
        assert numbers["accuracy"][name]["test"] == pytest.approx(right.mean(), abs=1e-12)
    assert numbers["chosen"] == best(found)
    confusion = sections["hardest_digits"].numbers["confusion"]
    assert np.trace(confusion) / confusion.sum() == pytest.approx(numbers["test accuracy"], abs=1e-12)
