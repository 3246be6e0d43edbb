"""The lab `backprop` trained for a moment: no autodiff while it trains, and equal curves by hand and by Optax."""

import dataclasses

import jax
import numpy as np
import pytest

from jaxcnn.labs.backprop.optimisers import batch_sizes, learning_curves, updates_by_hand
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


def test_the_step_of_rmsprop_is_told_with_where_the_gradient_is_too_small_for_it(run):
    told = learning_curves(run).blocks[0].text
    assert "RMSProp about η where |g| is well above √ε = 0.0001, and less below" in told
    assert "its first step is up to η / √(1 − ρ) = 3.16 η." in told
