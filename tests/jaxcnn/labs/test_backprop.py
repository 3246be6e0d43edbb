"""The lab `backprop`: no autodiff while it trains, and equal curves by hand and by Optax."""

import dataclasses

import jax
import numpy as np
import pytest

from jaxcnn.labs.backprop.optimisers import batch_sizes, by_updates, leading, learning_curves, updates_by_hand
from jaxcnn.labs.backprop.training import OPTIMIZERS, Config, load_subsets, train
from jaxcnn.labs.report import Table
from jaxcnn.labs.verification import check
from jaxcnn.zoo import LENET
from tests.jaxcnn.labs._no_autodiff import no_autodiff

CONFIG = dataclasses.replace(Config().quickened(), train_per_class=6, test_per_class=2, epochs=2, batch_sizes="")


@pytest.fixture(scope="module")
def run():
    """Train all of it with autodiff made to raise; the rules were verified before, which does use it."""
    check(LENET, input_shape=(28, 28, 1), quick=True)
    with no_autodiff():
        return train(CONFIG, load_subsets(CONFIG))


def test_three_optimisers_train_without_autodiff_from_the_same_parameters(run):
    starts = [jax.tree.leaves(one.snapshots) for one in run.by_hand.values()]
    assert len(run.by_hand) == 3
    for name in OPTIMIZERS:
        assert run.by_hand[name, CONFIG.batch_size].history[-1].running.loss < 3
    assert all(np.array_equal(a[0], b[0]) for start in starts for a, b in zip(start, starts[0], strict=True))
    assert not any(np.array_equal(a[2], b[2]) for a, b in zip(starts[0], starts[1], strict=True))


# Twelve updates, whose two versions differ by ten roundings of 2⁻²⁴ each (see test_updates). A gradient changes with
# the parameters at most some hundredfold here; were the updates two different formulas, 1e-2 would be near.
ROUNDING = 12 * 10 * 100 * 2.0**-24


def test_the_curves_by_hand_are_those_by_optax_to_rounding(run):
    for name, theirs in run.by_optax.items():
        ours = run.by_hand[name, CONFIG.batch_size]
        for a, b in zip(ours.history, theirs.history, strict=True):
            assert a.running.loss == pytest.approx(b.running.loss, rel=ROUNDING)
            assert a.scores["test"].loss == pytest.approx(b.scores["test"].loss, rel=ROUNDING)
    numbers = updates_by_hand(run).numbers
    assert max(numbers["rmsprop"][:3]) < ROUNDING
    other = dataclasses.replace(run, by_optax={"rmsprop": run.by_hand["momentum", CONFIG.batch_size]})
    assert min(updates_by_hand(other).numbers["rmsprop"][:3]) > 10 * ROUNDING


def test_the_tables_say_what_the_histories_do(run):
    curves, sizes = learning_curves(run), batch_sizes(run)
    (table,) = (block for block in curves.blocks if isinstance(block, Table))
    for row in table.rows:
        scores = run.by_hand[row[0], CONFIG.batch_size].history[-1].scores
        assert row[1:5] == (
            *(scores[split].loss for split in ("train", "test")),
            *(100 * (1 - scores[split].accuracy) for split in ("train", "test")),
        )
    assert [row[0] for row in sizes.numbers.values()] == 3 * [2 * 6]  # epochs times batches
    assert list(sizes.numbers) == ["sgd, 10", "momentum, 10", "rmsprop, 10"]


def test_what_more_updates_do_is_told_for_each_optimiser_from_its_own_errors():
    told = by_updates({"a": [0.2, 0.5, 0.9], "b": [0.1, 0.2, 0.8], "c": [0.8, 0.9, 0.9], "d": [0.8, 0.9, 0.88]})
    assert told == (
        "From the fewest updates to the most, the test error goes like this: that of a and b falls with every step; "
        "that of c falls or stays; that of d goes up and down. "
    )
    assert "that of a rises or stays; that of b is always the same." in by_updates({"a": [0.9, 0.8], "b": [0.5, 0.5]})
    assert by_updates({"a": [0.9]}) == ""


def test_optimisers_within_a_standard_error_of_the_best_are_called_ties():
    error = "with a binomial standard error of 3.0 points: "  # sqrt(0.9 · 0.1 / 100)
    assert leading({"a": 0.9, "b": 0.88, "c": 0.86}, 100).endswith(f"**90.0 %**, {error}a and b tie within it.")
    assert leading({"a": 0.86, "b": 0.9}, 100).endswith(f"**90.0 %**, {error}b is ahead by more than that.")


def test_the_step_of_rmsprop_is_told_with_where_the_gradient_is_too_small_for_it(run):
    told = learning_curves(run).blocks[0].text
    assert "RMSProp about η where |g| is well above √ε = 0.0001, and less below" in told
    assert "its first step is up to η / √(1 − ρ) = 3.16 η." in told


def test_the_subsets_have_as_many_of_each_class_and_are_the_seeds():
    data = load_subsets(CONFIG)
    assert np.bincount(data.train.labels).tolist() == [6] * 10
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    other = load_subsets(dataclasses.replace(CONFIG, seed=1))
    assert load_subsets(CONFIG).train.sha256 == data.train.sha256 != other.train.sha256


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("batch_sizes=4;100", r"`batch_sizes` must be whole numbers with commas between, such as 4,100; got '4;100'"),
        ("batch_sizes=0", "`batch_size` must be a positive whole number; got 0"),
        ("train_per_class=0", "`train_per_class` must be a positive whole number; got 0"),
        ("decay=1", r"`decay` must be finite, above 0 and below 1; got 1\.0"),
        ("init=zeros", "`init` must be one of .*; got 'zeros'"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Config().changed([setting])
    assert Config().changed(["batch_sizes="]).others == ()
