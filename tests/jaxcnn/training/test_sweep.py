"""Models trained side by side learn what each learns alone."""

import dataclasses

import jax
import numpy as np
import pytest

from jaxcnn import Conv, Dense, Flatten, MaxPool, Network, Relu, Sigmoid, Tanh
from jaxcnn.fast import logits, mixed, plan
from jaxcnn.parameters import init_parameters
from jaxcnn.training import Member, Sweep, TrainConfig, train
from tests.jaxcnn.training._small import NETWORK, data

TRAIN, TEST = data(50), data(31, seed=1)
CONFIG = TrainConfig(learning_rate=0.02, batch_size=16, epochs=2, label_smoothing=0.1, average=0.8)
ROUNDING = 2e-4  # see test_engine.py


def dense(activation):
    return Network(Flatten(), Dense(6), activation(), Dense(5), activation(), Dense(3))


MEMBERS = {
    "tanh": Member(dense(Tanh)),
    "relu, slow": Member(dense(Relu), learning_rate=0.005),
    "convolution": Member(NETWORK),
    "convolution, tanh": Member(Network(Conv(3, 3), Tanh(), MaxPool(2), Flatten(), Dense(6), Tanh(), Dense(3))),
    "relu, other seed": Member(dense(Relu), seed=5),
    "tanh, fast": Member(dense(Tanh), learning_rate=0.05),
}


@pytest.fixture(scope="module")
def trained():
    """Return the sweep, the parameters of its end, and the history of each model."""
    sweep, history = Sweep(MEMBERS, CONFIG, TRAIN, {"test": TEST}), {name: [] for name in MEMBERS}
    for latest, records in sweep.epochs():
        state = latest
        for name, record in records.items():
            history[name].append(record)
    return sweep, sweep.params(state), history


def test_models_of_equal_shapes_are_stacked_and_equal_activations_stand_together(trained):
    alike = ("tanh", "tanh, fast", "relu, slow", "relu, other seed")
    # A relu between convolution and pooling is computed with them, a tanh is not.
    assert trained[0].stacks == (alike, ("convolution",), ("convolution, tanh",))


# A seed of one's own is, alone, that of the order of the examples as well.
@pytest.mark.parametrize("name", [name for name, member in MEMBERS.items() if member.seed is None])
def test_a_model_of_a_sweep_learns_what_it_learns_alone(name, trained):
    member = MEMBERS[name]
    config = CONFIG if member.learning_rate is None else dataclasses.replace(CONFIG, learning_rate=member.learning_rate)
    params, history = train(member.network, config, TRAIN, {"test": TEST})
    _, found, records = trained
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=ROUNDING), found[name], params)
    for ours, alone in zip(records[name], history, strict=True):
        assert ours.number == alone.number
        assert abs(ours.running.loss - alone.running.loss) < ROUNDING
        assert ours.running.accuracy == alone.running.accuracy
        assert abs(ours.scores["test"].loss - alone.scores["test"].loss) < ROUNDING


def test_a_seed_of_its_own_gives_other_first_parameters(trained):
    _, found, _ = trained
    slow, other = found["relu, slow"]["dense_0"]["kernel"], found["relu, other seed"]["dense_0"]["kernel"]
    assert np.abs(slow - other).max() > 0.1


def test_without_an_axis_of_models_a_mixed_plan_gives_no_number():
    made = mixed([plan(dense(activation), (1, 6, 5, 1)) for activation in (Relu, Sigmoid)])
    params = init_parameters(dense(Relu), jax.random.key(0), (1, 6, 5, 1))
    assert np.isnan(logits(made, params, np.ones((2, 6, 5, 1), np.float32))).all()


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (Network(Flatten(), Dense(3)), "must have equal layers but for their activations; got other numbers"),
        (
            Network(Flatten(), Dense(6), Relu(), Relu(), Relu(), Dense(3)),
            "differ in their activations only; .*relu",
        ),
    ],
)
def test_a_stack_of_networks_that_differ_otherwise_is_refused(others, message):
    with pytest.raises(ValueError, match=message):
        mixed([plan(network, (1, 6, 5, 1)) for network in (dense(Tanh), others)])


@pytest.mark.parametrize(
    ("members", "config", "message"),
    [
        ({}, CONFIG, "A sweep must have models and no patience; got 0, None"),
        (MEMBERS, dataclasses.replace(CONFIG, patience=3), "A sweep must have models and no patience; got 6, 3"),
        (MEMBERS, dataclasses.replace(CONFIG, dropout=0.5), "A sweep must have no dropout; got 0.5"),
        ({"four": Member(Network(Flatten(), Dense(4)))}, CONFIG, r"\(1, 3\), for an image of split 'train of four'"),
    ],
)
def test_what_is_no_sweep_is_refused(members, config, message):
    with pytest.raises(ValueError, match=message):
        Sweep(members, config, TRAIN)


@pytest.mark.parametrize(("field", "value"), [("learning_rate", -1.0), ("learning_rate", float("nan")), ("seed", 0.5)])
def test_a_member_is_held_to_the_bounds_of_a_configuration(field, value):
    with pytest.raises(ValueError, match=f"^`{field}` must be .*; got {value}"):
        Member(NETWORK, **{field: value})
