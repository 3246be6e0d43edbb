"""Devices that share a batch: the same updates but for rounding; how a batch is divided follows the work."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from jaxcnn.parameters import work
from jaxcnn.training import TrainConfig
from jaxcnn.training.division import Batches, divided
from jaxcnn.zoo import ZOO

ROOT = Path(__file__).resolve().parents[3]
CODE = """
import dataclasses
import jax
jax.config.update("jax_num_cpu_devices", 3)
import numpy as np
from jaxcnn.training import TrainConfig, train
from tests.jaxcnn.training._small import NETWORK, data

one = TrainConfig(learning_rate=0.02, batch_size=16, epochs=2, devices=1)
three = dataclasses.replace(one, devices=3, micro_batch=2)  # shares of 6, 6 and 4 examples
(params, history), (others, theirs) = (train(NETWORK, c, data(50), {"test": data(31, seed=1)}) for c in (one, three))
jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=2e-4), params, others)  # see test_engine.py
for ours, other in zip(history, theirs, strict=True):
    assert abs(ours.running.loss - other.running.loss) < 2e-4
    assert ours.running.accuracy == other.running.accuracy
    assert ours.scores["test"].accuracy == other.scores["test"].accuracy
print("equal")
"""


def test_three_devices_make_the_updates_of_one():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "equal\n", done.stderr


def division(name, batch, available, backend="cpu", **changed):
    entry = ZOO[name]
    config = dataclasses.replace(TrainConfig(batch_size=batch), **changed)
    return divided(60_000, config, work(entry.network, (1, *entry.input_shape)), backend, available)


@pytest.mark.parametrize(
    ("name", "batch", "expected"),
    [
        ("filters", 64, (2, 16)),
        ("house-numbers", 64, (2, 16)),
        ("filters", 8, (1, 8)),  # a share would be too small
        ("backprop", 32, (1, 32)),  # too little work
        ("mlp", 256, (1, 256)),
        ("conv-as-matrix", 64, (1, 64)),  # gradients that would take longer to add up
    ],
)
def test_heavy_work_is_shared_and_light_work_is_not(name, batch, expected):
    made = division(name, batch, 2)
    assert (made.devices, made.micro) == expected


def test_what_the_configuration_says_comes_first():
    made = division("filters", 64, 2, devices=1, micro_batch=5)
    assert made == Batches(60_000, 64, 1, 5)
    assert (made.steps, made.share, made.turns) == (938, 64, 13)
    assert made.filled(937) == 60_000 - 937 * 64


def test_a_gpu_works_on_the_whole_batch_at_once():
    assert division("filters", 64, 1, "gpu") == Batches(60_000, 64, 1, 64)


def test_more_devices_than_there_are_or_than_examples_are_refused():
    with pytest.raises(ValueError, match=r"`devices` must be at most 2: there are 2, .* 64 examples; got 3"):
        division("filters", 64, 2, devices=3)
    with pytest.raises(ValueError, match=r"`devices` must be at most 2: there are 4, .* 2 examples; got 3"):
        division("filters", 2, 4, devices=3)


def shared(batch, devices, available=8, processes=2, name="filters"):
    entry = ZOO[name]
    config = TrainConfig(batch_size=batch, devices=devices)
    return divided(60_000, config, work(entry.network, (1, *entry.input_shape)), "cpu", available, processes)


def test_of_several_processes_each_takes_part_with_as_many_devices():
    assert shared(64, 4).devices == 4
    assert shared(64, None).devices == 8  # of 8 examples each
    assert shared(40, None).devices == 4
    assert shared(64, None, name="mlp").devices == 2  # too little work for more
    with pytest.raises(ValueError, match=r"`devices` must be a multiple of the 2 processes that have them; got 3"):
        shared(64, 3)
    with pytest.raises(ValueError, match=r"`batch_size` must give each of 2 processes an example; a batch has 1"):
        shared(1, None)
