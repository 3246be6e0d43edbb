"""The lab `mlp-vs-cnn`: its splits, a training that must not use autodiff, and what it says of over-fitting."""

import dataclasses

import jax
import numpy as np
import pytest

from jaxcnn.fast import chain
from jaxcnn.labs.data import load_data
from jaxcnn.labs.mlp_vs_cnn.convolutional import convolutional_network
from jaxcnn.labs.mlp_vs_cnn.over_fitting import Curve, comment, course
from jaxcnn.labs.mlp_vs_cnn.run import Run, best, perceptrons_trained
from jaxcnn.labs.mlp_vs_cnn.settings import Config, splits
from jaxcnn.labs.progress import SILENT
from jaxcnn.labs.report import Table
from jaxcnn.training import EpochRecord, Score
from tests.jaxcnn.labs._no_autodiff import AutodiffUsed, no_autodiff

QUICK = dataclasses.replace(Config().quickened(), epochs=2, more_epochs=2)


@pytest.fixture(scope="module")
def data():
    return load_data(QUICK)


def test_a_training_of_the_perceptron_that_used_autodiff_would_raise(data, monkeypatch):
    def by_autodiff(plan, params, inputs, labels, weights, **options):
        (loss, values), pulled = jax.vjp(
            lambda p: chain.loss_and_gradients(plan, p, inputs, labels, weights, **options)[:2], params
        )
        return loss, values, pulled((loss, values))[0]

    monkeypatch.setattr("jaxcnn.training.learner.loss_and_gradients", by_autodiff)
    with no_autodiff(), pytest.raises(AutodiffUsed, match=r"^jax\.vjp was called\b"):
        perceptrons_trained(QUICK, splits(QUICK, data), SILENT)


def test_the_splits_do_not_overlap_and_few_is_the_beginning_of_many(data):
    parts = splits(QUICK, data)
    assert [len(one) for one in (parts.few, parts.repeated, parts.many, parts.validation)] == [240, 1200, 1200, 240]
    np.testing.assert_array_equal(parts.many.images, data.train.images[:1200])
    np.testing.assert_array_equal(parts.validation.images, data.train.images[-240:])
    np.testing.assert_array_equal(parts.few.images, data.train.images[:240])
    np.testing.assert_array_equal(parts.repeated.images[-240:], parts.few.images)
    assert parts.test is data.test


def test_settings_that_do_not_fit_are_refused(data):
    with pytest.raises(ValueError, match=r"^`few` must divide `many`, 50000, .*; got 3000\.$"):
        Config(few=3000)
    with pytest.raises(ValueError, match=r"^`learning_rate` must be finite, above 0; got 0\.0"):
        Config(learning_rate=0.0)
    with pytest.raises(ValueError, match=r"^`many` and `validation` together must be at most 1,442, .* by --set\.$"):
        splits(Config(data="digits"), data)


def test_the_settings_are_those_of_the_assignment():
    given = Config().perceptron()
    assert (given.optimizer, given.learning_rate, given.batch_size, given.init) == ("sgd", 0.001, 256, "normal_0.1")
    assert (Config().few, Config().many, Config().validation) == (2_000, 50_000, 10_000)
    assert {option.name for option in Config().perceptron_options()} == {
        *("adaptive rates", "regularisation", "dropout", "augmentation", "all together")
    }


def test_the_best_is_chosen_by_the_validation_images_and_not_by_the_test_images():
    def record(validation, test):
        return EpochRecord(1, Score(0, 0), {"validation": Score(1, validation), "test": Score(1, test)}, 0)

    assert best({"a": ({}, record(0.9, 0.5)), "b": ({}, record(0.8, 0.99))}) == "a"


def test_the_convolutional_network_is_described_from_itself(data):
    section = convolutional_network(Run(QUICK, splits(QUICK, data), {}, {}, {}, {}))
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    rows = {row[0]: row for row in table.rows}
    assert rows["conv_0"][1:6] == ("24 × 24 × 6", "5 × 5", "1 × 1", "0 + 0, 0 + 0", 156)
    assert rows["max_pool_1"][1] == "4 × 4 × 16"
    assert section.numbers["parameters"] == 44_426


def curve(training, validation, losses):
    return Curve(np.array(training, float), np.array(validation, float), np.array(losses, float), 10)


def test_the_comment_tells_over_fitting_from_its_absence():
    sizes = {"few": 20, "many": 500}
    heart = curve([80, 100, 100], [70, 75, 73], [1.0, 0.8, 1.1])
    wide = curve([80, 90, 95], [80, 89, 94], [1.0, 0.5, 0.3])
    told = comment("By the sum", sizes, heart, wide)
    assert "a gap of **27.00 points**" in told
    assert "highest at iteration 20 and has lost 2.00 points" in told
    assert told.endswith("risen by 0.300 nats from its lowest: the few images are learned by heart.")
    assert comment("By the mean", sizes, wide, wide).endswith("so many updates of this size show no over-fitting.")


def test_the_comment_says_no_more_than_the_gaps_and_the_losses_do():
    sizes = {"few": 20, "many": 500}
    heart = curve([80, 100, 100], [70, 75, 73], [1.0, 0.8, 1.1])
    wide = curve([80, 90, 95], [80, 89, 94], [1.0, 0.5, 0.3])
    half = curve([60, 80, 90], [60, 65, 70], [1.0, 0.8, 1.1])
    assert comment("By the sum", sizes, half, wide).endswith("nats from its lowest: the few images are over-fitted.")
    early = dataclasses.replace(half, losses=np.array([1.0, 0.9, 0.8]))
    assert comment("By the sum", sizes, early, wide).endswith("which has not raised the loss on these yet.")
    both = comment("By the sum", sizes, heart, half)
    assert "at least 2 points with few and with many images" in both
    assert "With more images 3.00 points less are right of what was never seen." in both
    assert both.endswith("over-fitting is not a matter of the few images alone.")


@pytest.mark.parametrize(("last", "word"), [(82.0, "rising"), (78.0, "falling"), (80.5, "level")])
def test_whether_accuracy_still_rises_is_told_by_the_last_quarter_against_the_standard_error(last, word):
    values = np.array([10.0, 20, 30, 40, 60, 80, 99, last])  # the standard error on 1,600 images is 1 point
    assert course(values, 1600).startswith(f"{word} over the last quarter of the epochs (by {last - 80:+.2f} points")
    assert course(values[:1], 1600).startswith("level")
