"""Whole networks at real digits: exact on integers, ties included; within rounding on floats; faults named."""

from dataclasses import replace

import numpy as np
import pytest

from jaxcnn import LENET, MLP, RULES, AvgPool, Network, Relu, Sigmoid, plant
from jaxcnn.verification import NETWORKS, Digits, exact_report, float_report
from jaxcnn.verification.networks import has_integer_path
from tests.jaxcnn._networks import Case, reach


@pytest.fixture(scope="module")
def digits():
    return Digits.load()


def paths(network):
    return {f"params['{name}']['{part}']" for name, layer in network.items() for part in layer}


EVERY_PARAMETER = {name: paths(network.parameter_shapes((1, 28, 28, 1))) for name, network in NETWORKS.items()}


def altered_in_dense_1(residuals, cotangent):
    """Return the right cotangents, but one entry of the last layer's kernel is one too large."""
    d_inputs, d_kernel, d_bias = RULES["dense"].backward(residuals, cotangent)
    return d_inputs, d_kernel.at[17, 4].add(1) if d_kernel.shape == (49, 10) else d_kernel, d_bias


ALTERED = RULES.replaced(replace(RULES["dense"], backward=altered_in_dense_1))


def test_on_integers_every_gradient_of_lenet_is_equal_bit_for_bit(digits):
    report = exact_report("lenet", digits)
    assert report.ok
    assert {finding.argument for finding in report.passed} == EVERY_PARAMETER["lenet"]
    assert {(finding.error, finding.tolerance) for finding in report.passed} == {(0.0, 0.0)}


def test_no_partial_sum_of_that_run_can_outgrow_float64():
    # Entries up to 3, 2, 2 and 3 there, up to 3, 1, 1 and 2 in the report: what float64 finds is exact.
    largest, _, _ = reach(Case(LENET, (16, 28, 28, 1), seed=0, whole=True), np.float64)
    assert largest < 2**53


def test_one_altered_entry_of_one_gradient_is_found_and_named(digits):
    (finding,) = exact_report("lenet", digits, ALTERED).failures
    assert finding.argument == "params['dense_1']['kernel']"
    assert finding.index == (17, 4)
    assert finding.actual - finding.expected == 1
    assert finding.diagnosis.sentence == "1 of 490 entries differ by hand."


def test_ties_of_max_pooling_are_present_and_decide_gradients(digits):
    # This fault differs from the right rule at ties only, and the second pooling's ties change the first kernel.
    failures = exact_report("lenet", digits, plant("max_pool_ties")).failures
    assert {finding.argument for finding in failures} >= {"params['conv_0']['kernel']", "params['conv_1']['kernel']"}


def check_agreement(name, digits):
    report = float_report(name, digits)
    assert report.ok
    assert report.inconclusive == ()
    compared = {finding.argument for finding in report.passed if finding.law == "agreement"}
    assert compared == EVERY_PARAMETER[name]
    assert 0 < report.worst <= 1


# Of the others: thorough/test_networks.py.
def test_on_floats_every_gradient_of_the_perceptron_agrees_within_rounding(digits):
    check_agreement("mlp", digits)


def check_found(fault, parameters, digits):
    failures = float_report("mlp", digits, plant(fault)).failures
    assert {finding.argument for finding in failures if finding.law == "agreement"} == parameters


# Of other layers: thorough/test_networks.py.
def test_on_floats_a_planted_fault_is_found_in_the_parameters_behind_it(digits):
    check_found("sigmoid_of_output", {"params['dense_0']['kernel']", "params['dense_0']['bias']"}, digits)


@pytest.mark.parametrize(
    ("network", "expected"),
    [(LENET, True), (MLP, False), (Network(Relu(), Sigmoid()), False), (Network(AvgPool(2)), False)],
    ids=["lenet", "mlp", "sigmoid", "average"],
)
def test_only_layers_that_keep_integers_have_an_integer_path(network, expected):
    assert has_integer_path(network) == expected


def test_the_digits_on_trial_are_images_and_their_classes(digits):
    assert digits.images.shape[1:] == digits.test_images.shape[1:] == (28, 28, 1)
    assert len(digits.images) == len(digits.labels)
    assert len(digits.test_images) == len(digits.test_labels)
    assert set(np.unique(digits.test_labels)) == set(range(10))
