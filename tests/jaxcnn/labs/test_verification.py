"""The section on derivatives puts what is trained with on trial, and nothing is trained with a rule that is wrong."""

import dataclasses
from unittest import mock

import jax.numpy as jnp
import pytest

from jaxcnn import Conv, Dense, Flatten, MaxPool, Network, Relu, Tanh
from jaxcnn.fast import choose_form, choose_plain, plan
from jaxcnn.labs import verification
from jaxcnn.labs.verification import _trials, check, verified
from jaxcnn.training import TrainingError
from jaxcnn.zoo import ZOO

DEEP = Network(Flatten(), Dense(4), Tanh(), Dense(3), Tanh(), Dense(3))


def labels(*networks, choose, shape=(12, 11, 3)):
    return [trial.label for trial in _trials(networks, shape, choose)]


def test_each_rule_with_its_options_is_tried_once_in_the_form_that_is_trained():
    network = Network(Conv(3, 3), Relu(), MaxPool(2), Conv(3, 5, padding="VALID"), Relu(), Flatten(), Dense(3))
    fast = labels(network, network, choose=lambda site, _: {"conv_block": "patches", "dense": "batch_minor"}[site.op])
    assert fast == [
        "conv_by_patches 3 × 3 (relu, padding SAME, window 2 × 2)",
        "conv_by_patches 5 × 5 (relu, padding VALID)",
        "flatten_batch_minor",
        "dense_batch_minor",
        "weighted_cross_entropy",
    ]
    assert labels(network, choose=choose_plain) == [
        "conv 3 × 3 (padding SAME)",
        "relu",
        "max_pool (window 2 × 2, strides 2 × 2, padding VALID)",
        "conv 5 × 5 (padding VALID)",
        "flatten",
        "dense",
        "weighted_cross_entropy",
    ]


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_labs_has_a_trial_for_every_stage(name):
    entry = ZOO[name]
    tried = {trial.name for trial in _trials((entry.network,), entry.input_shape, choose_form)}
    assert tried == {stage.form.name for stage in plan(entry.network, (1, *entry.input_shape)).stages} | {
        "weighted_cross_entropy"
    }


def test_a_section_tells_the_findings_of_every_rule():
    section = verified(DEEP, input_shape=(2, 3, 1), quick=True)
    assert list(section.numbers) == ["flatten", "dense_of_rows", "tanh", "dense_batch_minor", "weighted_cross_entropy"]
    for counts in section.numbers.values():
        assert counts["held"] >= 1
        assert counts["failed"] == counts["undecided"] == 0
    held = sum(counts["held"] for counts in section.numbers.values())
    assert f"{held:,} findings held" in section.blocks[0].text


def test_nothing_is_tried_again_in_the_same_process():
    check(DEEP, input_shape=(2, 3, 1), quick=True)
    with mock.patch.object(verification, "check_rule", side_effect=AssertionError("tried again")):
        check(DEEP, input_shape=(2, 3, 1), quick=True)


def test_a_rule_that_is_wrong_ends_everything_in_one_sentence(monkeypatch):
    right = verification.weighted_cross_entropy_rule()

    def mean(residuals, cotangent):
        d_logits, *others = right.backward(residuals, cotangent)
        return jnp.mean(d_logits, axis=0, keepdims=True) + 0 * d_logits, *others

    wrong = dataclasses.replace(right, name="planted", backward=mean)
    monkeypatch.setattr(verification, "weighted_cross_entropy_rule", lambda classes: wrong)
    with pytest.raises(TrainingError, match="The hand rule planted is wrong, so nothing is trained with it: agreement"):
        check(DEEP, input_shape=(2, 3, 1), quick=True)
