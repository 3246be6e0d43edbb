"""An interrupted lab goes on where it was, with the same result; and never with what other settings have left."""

import dataclasses
import functools

import jax
import numpy as np
import pytest

from jaxcnn import Dense, Flatten, Network, Relu
from jaxcnn.labs import training as labs_training
from jaxcnn.labs.progress import Progress
from jaxcnn.labs.training import trained, trained_together
from jaxcnn.training import Member, Sweep, TrainConfig, Training
from tests.jaxcnn.labs._tiny import NETWORK
from tests.jaxcnn.training._small import data

CONFIG = TrainConfig(learning_rate=0.05, batch_size=16, epochs=4, devices=1)
TRAIN, TEST = data(50), data(31, seed=1)
MEMBERS = {"tanh": Member(NETWORK), "relu": Member(Network(Flatten(), Dense(6), Relu(), Dense(3)))}


class Interrupted(Exception):
    pass


class Watch(Progress):
    """Keeps what it is told, and interrupts after an epoch."""

    def __init__(self, folder=None, stop_after=None):
        self.folder, self.stop_after, self.told, self.notes = folder, stop_after, [], []

    def epoch(self, title, record):
        self.told.append(record.number)
        # The epoch before is kept by now; this one is not, as it would not be if the machine went out.
        if record.number == self.stop_after:
            raise Interrupted

    def note(self, text):
        self.notes.append(text)


@pytest.fixture(autouse=True)
def _keep_every_epoch(monkeypatch):
    monkeypatch.setattr(labs_training, "MINUTES", 1e-9)


@functools.cache  # compiled once
def training(config):
    return Training(NETWORK, config, TRAIN, {"test": TEST})


@functools.cache
def sweep():
    return Sweep(MEMBERS, CONFIG, TRAIN, {"test": TEST})


def one(progress, config=CONFIG):
    return trained("one", training(config), progress, snapshots=True)


def together(progress):
    return trained_together("both", sweep(), progress)


def without_seconds(history):
    return [dataclasses.replace(record, seconds=0.0) for record in history]


def assert_equal(found, expected):
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_a_network_goes_on_after_an_interruption_and_ends_as_if_there_had_been_none(tmp_path):
    with pytest.raises(Interrupted):
        one(Watch(tmp_path, stop_after=3))
    watch = Watch(tmp_path)
    found, expected = one(watch), one(Watch())
    assert (watch.told, watch.notes) == ([3, 4], ["one goes on after epoch 2"])
    assert without_seconds(found.history) == without_seconds(expected.history)
    assert_equal((found.params, found.snapshots), (expected.params, expected.snapshots))


def test_networks_side_by_side_go_on_likewise(tmp_path):
    with pytest.raises(Interrupted):
        together(Watch(tmp_path, stop_after=2))
    watch = Watch(tmp_path)
    found, expected = together(watch), together(Watch())
    assert watch.told == [2, 3, 4]
    for name in MEMBERS:
        assert without_seconds(found.histories[name]) == without_seconds(expected.histories[name])
    assert_equal(found.params, expected.params)


def test_what_is_done_is_not_done_again_and_other_settings_begin_afresh(tmp_path):
    one(Watch(tmp_path))
    for config, epochs in ((CONFIG, []), (dataclasses.replace(CONFIG, seed=1), [1, 2, 3, 4])):
        watch = Watch(tmp_path)
        one(watch, config)
        assert watch.told == epochs


def test_snapshots_are_the_parameters_before_the_first_epoch_and_after_each():
    found = one(Watch())
    assert {len(values) for values in jax.tree.leaves(found.snapshots)} == {5}
    assert_equal(jax.tree.map(lambda values: values[0], found.snapshots), training(CONFIG).fresh().params)
    assert_equal(jax.tree.map(lambda values: values[-1], found.snapshots), found.params)
    scores = training(CONFIG).scores(jax.tree.map(lambda values: values[2], found.snapshots))
    assert scores == found.history[1].scores


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one(Watch())
    assert list(tmp_path.iterdir()) == []


def test_the_networks_learn_something():
    assert one(Watch()).history[-1].scores["test"].accuracy > 0.5 > 1 / len(TEST.classes)
