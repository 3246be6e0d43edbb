"""The engine: it makes the updates that a plain loop makes, whatever way they are divided, stopped and continued."""

import dataclasses

import jax
import numpy as np
import optax
import pytest

from jaxcnn import Dense, Flatten, FlaxReading, Model, Network
from jaxcnn.datasets import scaled
from jaxcnn.fast import choose_plain
from jaxcnn.models import evaluate
from jaxcnn.training import Augmentation, TrainConfig, Training, TrainingError, programs, train
from jaxcnn.training.steps import order_of
from tests.jaxcnn.training._small import NETWORK, data

TRAIN, TEST = data(50), data(31, seed=1)
CONFIG = TrainConfig(learning_rate=0.02, batch_size=16, epochs=3, low=-1.0)
# Two ways of adding up at most a few hundred float32 terms, carried through a dozen updates that move parameters by
# at most 0.02 each. Adam divides by the root of a mean square that may be small, which is what the room is for.
ROUNDING = 2e-4


def leaves(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def assert_equal(found, expected):
    for ours, theirs in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def assert_close(found, expected):
    for ours, theirs in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=ROUNDING)


def without_seconds(history):
    return [dataclasses.replace(record, seconds=0.0) for record in history]


@pytest.fixture(scope="module")
def training():
    return Training(NETWORK, CONFIG, TRAIN, {"test": TEST})


@pytest.fixture(scope="module")
def undisturbed():
    return train(NETWORK, CONFIG, TRAIN, {"test": TEST})


def by_flax_and_optax(training, smoothing=0.0, average=0.0):
    """Return parameters, losses and accuracies of the same updates by autodiff in a Python loop."""
    reading, optimizer = FlaxReading(NETWORK), optax.adam(CONFIG.learning_rate)
    images, state = scaled(TRAIN.images, CONFIG.low, CONFIG.high), training.fresh()

    def loss(params, images, labels):
        logits = reading.apply(params, images)
        found = optax.softmax_cross_entropy(logits, optax.smooth_labels(jax.nn.one_hot(labels, 3), smoothing))
        return found.mean(), (found.sum(), (logits.argmax(-1) == labels).sum())

    @jax.jit
    def update(params, moments, images, labels):
        gradients, told = jax.grad(loss, has_aux=True)(params, images, labels)
        with jax.numpy_dtype_promotion("standard"):
            updates, moments = optimizer.update(gradients, moments, params)
        return optax.apply_updates(params, updates), moments, told

    params, moments, told = state.params, optimizer.init(state.params), []
    mean, made = params, 0
    for epoch in range(CONFIG.epochs):
        order = np.asarray(order_of(dataclasses.replace(state, epoch=np.int32(epoch)), len(TRAIN)))
        assert sorted(order) == list(range(len(TRAIN)))
        sums = np.zeros(2)
        for rows in np.split(order, range(16, 50, 16)):
            params, moments, more = update(params, moments, images[rows], TRAIN.labels[rows])
            sums += np.array(more, float)
            keep, made = min(average, made / (made + 1)), made + 1
            mean = jax.tree.map(lambda old, new, keep=keep: keep * np.asarray(old) + (1 - keep) * new, mean, params)
        told.append(sums / len(TRAIN))
    return mean, np.array(told)


@pytest.mark.parametrize("division", [{}, {"micro_batch": 5}, {"choose": choose_plain}], ids=["fast", "micro", "plain"])
def test_the_updates_are_those_of_flax_and_optax_in_a_loop(division, training):
    choose = {name: division[name] for name in division if name == "choose"}
    config = dataclasses.replace(CONFIG, micro_batch=division.get("micro_batch"))
    params, history = train(NETWORK, config, TRAIN, **choose)
    expected, told = by_flax_and_optax(training)
    assert_close(params, expected)
    found = np.array([(record.running.loss, record.running.accuracy) for record in history])
    np.testing.assert_allclose(found, told, rtol=0, atol=ROUNDING)
    assert told[-1, 0] < told[0, 0] / 1.2  # it learns, so the comparison is not of what never moved


def test_smoothed_labels_and_averaged_parameters_are_those_of_the_loop(training):
    config = dataclasses.replace(CONFIG, label_smoothing=0.2, average=0.7)
    params, history = train(NETWORK, config, TRAIN, {"test": TEST})
    expected, told = by_flax_and_optax(training, 0.2, 0.7)
    assert_close(params, expected)
    np.testing.assert_allclose([record.running.loss for record in history], told[:, 0], rtol=0, atol=ROUNDING)
    # What is evaluated is the average, without smoothing.
    found = evaluate(Model(NETWORK, params, (6, 5, 1), TRAIN.classes, CONFIG.low, CONFIG.high), TEST)
    np.testing.assert_allclose(history[-1].scores["test"].loss, found.loss, rtol=1e-5)


def test_training_starts_from_given_parameters_and_leaves_them_alone(training, undisturbed):
    given = jax.tree.map(np.copy, undisturbed[0])
    again = Training(NETWORK, CONFIG, TRAIN, {"test": TEST}, start=given)
    assert_equal(again.fresh().params, given)
    next(again.epochs())
    assert_equal(given, undisturbed[0])
    with pytest.raises(ValueError, match=r"params\['dense_1'\]"):
        Training(NETWORK, CONFIG, TRAIN, start={**given, "dense_1": given["dense_0"]})


def test_equal_seeds_give_equal_runs_and_others_do_not(training, undisturbed):
    params, history = train(NETWORK, CONFIG, TRAIN, {"test": TEST})
    assert_equal(params, undisturbed[0])
    assert without_seconds(history) == without_seconds(undisturbed[1])
    other, _ = train(NETWORK, dataclasses.replace(CONFIG, seed=1), TRAIN, {"test": TEST})
    assert not np.array_equal(leaves(other)[-1], leaves(params)[-1])


def test_scores_are_those_of_the_model_evaluated(undisturbed):
    params, history = undisturbed
    expected = evaluate(Model(NETWORK, params, (6, 5, 1), TRAIN.classes, CONFIG.low, CONFIG.high), TEST)
    assert history[-1].scores["test"].accuracy == expected.accuracy
    np.testing.assert_allclose(history[-1].scores["test"].loss, expected.loss, rtol=1e-5)


def test_a_run_that_is_watched_or_left_after_an_epoch_and_continued_is_the_same_bit_for_bit(training, undisturbed):
    seen = []
    state, record = next(training.epochs(on_progress=seen.append))
    assert (seen[0].examples, seen[-1].examples) == (16, 50)
    assert seen[-1].running == record.running
    saved, history = jax.tree.map(np.asarray, state), [record]
    for latest, after in training.epochs(saved, history[:]):
        state = latest
        history.append(after)
    assert_equal(training.params(state), undisturbed[0])
    assert without_seconds(history) == without_seconds(undisturbed[1])
    assert training.is_over(history)
    assert list(training.epochs(state, history)) == []


def test_early_stopping_returns_to_the_best_epoch():
    config = dataclasses.replace(CONFIG, learning_rate=0.3, epochs=40, patience=3)
    training = Training(NETWORK, config, TRAIN, {"validation": TEST})
    history, kept = [], {}
    for latest, record in training.epochs():
        state = latest
        history.append(record)
        kept[record.number] = jax.tree.map(np.array, state.params)
    losses = [record.scores["validation"].loss for record in history]
    number = int(np.argmin(losses)) + 1
    assert 4 <= len(history) == number + 3 < 40
    assert_equal(training.params(state), kept[number])
    assert training.scores(training.params(state))["validation"].loss == losses[number - 1]


def test_augmentation_changes_what_is_trained_on_and_not_what_is_evaluated(undisturbed):
    config = dataclasses.replace(CONFIG, augmentation=Augmentation(shift=1, noise=0.1), epochs=1)
    params, history = train(NETWORK, config, TRAIN, {"test": TEST})
    again, _ = train(NETWORK, config, TRAIN, {"test": TEST})
    assert_equal(params, again)
    assert abs(history[0].running.loss - undisturbed[1][0].running.loss) > 10 * ROUNDING
    expected = evaluate(Model(NETWORK, params, (6, 5, 1), TRAIN.classes, CONFIG.low, CONFIG.high), TEST)
    np.testing.assert_allclose(history[0].scores["test"].loss, expected.loss, rtol=1e-5)


def test_a_loss_that_is_not_finite_ends_the_run_in_one_sentence():
    config = dataclasses.replace(CONFIG, optimizer="sgd", learning_rate=1e30)
    with pytest.raises(TrainingError, match=r"^The loss of epoch 1 is (nan|inf): lower the learning rate, 1e\+30\.$"):
        train(Network(Flatten(), Dense(8), Dense(3)), config, TRAIN)


def test_parameters_that_the_last_update_makes_infinite_end_the_run_in_one_sentence():
    config = dataclasses.replace(CONFIG, optimizer="sgd", learning_rate=3e38, batch_size=1000, epochs=1)
    with pytest.raises(TrainingError, match=r"^The parameters after epoch 1 are not finite: lower the learning rate"):
        train(Network(Flatten(), Dense(8), Dense(3)), dataclasses.replace(config, high=1e3), TRAIN)


def test_a_state_without_its_history_is_refused(training):
    state, _ = next(training.epochs())
    with pytest.raises(ValueError, match=r"^`history` must have a record of every epoch of the state, 1; got 0\.$"):
        next(training.epochs(state))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"network": Network(Flatten(), Dense(4))},
            r"^`network` must give one number per class, \(1, 3\), .* \(1, 4\)",
        ),
        (
            {"config": dataclasses.replace(CONFIG, patience=2)},
            "`patience` needs a split called 'validation'.* got test",
        ),
        ({"config": dataclasses.replace(CONFIG, devices=64)}, "`devices` must be at most 1: there are 1, .*; got 64"),
    ],
    ids=["classes", "patience", "devices"],
)
def test_what_does_not_fit_is_refused(change, message):
    parts = {"network": NETWORK, "config": CONFIG, **change}
    with pytest.raises(ValueError, match=message):
        Training(parts["network"], parts["config"], TRAIN, {"test": TEST})


def test_runs_that_differ_in_their_training_alone_are_evaluated_by_one_program(monkeypatch):
    network, traced = Network(Flatten(), Dense(5), Dense(3)), []  # one that no other test has evaluated
    counted = programs.count
    monkeypatch.setattr(programs, "count", lambda step, *args: traced.append(step) or counted(step, *args))
    for changes in ({}, {"optimizer": "sgd", "batch_size": 16}, {"learning_rate": 0.5}, {"low": -3.0}):
        run = Training(network, dataclasses.replace(CONFIG, **changes), TRAIN, {"test": TEST})
        run.scores(run.fresh().params)
    assert [step.prepare.low for step in traced] == [CONFIG.low, -3.0]


def test_dropout_changes_what_is_trained_and_not_what_is_evaluated(undisturbed):
    config = dataclasses.replace(CONFIG, dropout=0.5, epochs=1)
    params, history = train(NETWORK, config, TRAIN, {"test": TEST})
    again, _ = train(NETWORK, config, TRAIN, {"test": TEST})
    assert_equal(params, again)
    assert params.keys() == undisturbed[0].keys()
    assert abs(history[0].running.loss - undisturbed[1][0].running.loss) > 10 * ROUNDING
    expected = evaluate(Model(NETWORK, params, (6, 5, 1), TRAIN.classes, CONFIG.low, CONFIG.high), TEST)
    np.testing.assert_allclose(history[0].scores["test"].loss, expected.loss, rtol=1e-5)
