"""The command line, started twice, comes to the network of one device."""

import dataclasses
import math

import jax
import numpy as np

from jaxcnn import load_model
from jaxcnn.datasets import load
from jaxcnn.training import TrainConfig, Training
from jaxcnn.zoo import named
from tests.jaxcnn.processes._running import TRAIN, ended, started
from verify.tolerance import LAMBDA

RATE, BATCH = 0.125, 64
CONFIG = TrainConfig(optimizer="sgd", learning_rate=RATE, batch_size=BATCH, epochs=1, devices=1)
MOVE = 2.0**-12
OPTIONS = ("--optimizer", "sgd", "--lr", RATE, "--batch", BATCH, "--epochs", 1, "--no-plot")


# The updates are θ <- θ - η g(θ), T of them. Both ways of computing g round differently, by at most λ sqrt(L) u S an
# entry (`verify.tolerance`): L the longest sum, of the 784 inputs or the batch, and S the mean over a batch of the
# absolute terms, here at most 1 as the inputs, the hidden units and the errors of the outputs are. Each update also
# rounds θ, by u |θ|. What is there of a difference is carried on by I - η H, with H the Hessian. It grows by no more
# than a factor A in the run; A is measured as how far a move of the first parameters by ε moves the last ones. As T
# independent roundings add up to sqrt(T) times one:
#
#     |Δθ| <= A λ sqrt(T L) u (η S + |θ|)
def signs(shape):
    return np.random.default_rng(0).choice(np.float32([-1, 1]), shape)


def tolerance(params, growth, updates):
    scale = RATE + max(np.abs(leaf).max() for leaf in jax.tree.leaves(params))
    return max(growth, 1.0) * LAMBDA * math.sqrt(updates * 784) * 2**-24 * scale


def farthest(one, other):
    return max(np.abs(a - b).max() for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


def trained(network, data, start=None):
    """Return the first parameters of a run on one device, the last ones, and its history."""
    training = Training(network, CONFIG, data, start=start)
    first = jax.tree.map(np.asarray, training.fresh().params)
    ((state, record),) = training.epochs()
    return first, training.params(state), record


def test_the_command_started_twice_trains_the_network_of_one_device(tmp_path):
    network, data = named("mlp"), load("digits", "train")
    with started(*TRAIN, "mlp", "--out", tmp_path / "run", "--devices", 8, *OPTIONS) as running:
        first, one, record = trained(network, data)
        _, moved, _ = trained(network, data, jax.tree.map(lambda leaf: leaf + MOVE * signs(leaf.shape), first))
        labels = data.labels.copy()
        labels[0] = (labels[0] + 1) % 10
        _, other, _ = trained(network, dataclasses.replace(data, labels=labels))
        (code, out, err), second = ended(running)
    assert second == (0, "", "")  # process 0 alone prints
    assert code == 0
    assert out.splitlines()[-1] == f"kept in {tmp_path / 'run'}"
    assert err.startswith(f"epoch 1/1  loss {record.running.loss:.4f}  test ")
    two = load_model(tmp_path / "run" / "model.h5").params
    allowed = tolerance(one, farthest(one, moved) / MOVE, -(-len(data) // BATCH))
    assert 0 < farthest(one, two) < allowed < farthest(one, other)  # which differs by the label of one example
    assert sorted(entry.name for entry in (tmp_path / "run").iterdir()) == ["checkpoints", "history.json", "model.h5"]
