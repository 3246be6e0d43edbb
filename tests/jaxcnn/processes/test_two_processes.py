"""Two processes with four devices each come to the parameters of one device."""

import dataclasses
import math

import jax
import numpy as np

from jaxcnn import load_model
from jaxcnn.datasets import load
from jaxcnn.training import TrainConfig, Training
from jaxcnn.zoo import named
from tests.jaxcnn.processes import _exact
from tests.jaxcnn.processes._running import TRAIN, ended, started
from verify.tolerance import LAMBDA

RATE, BATCH = 0.125, 64
CONFIG = TrainConfig(optimizer="sgd", learning_rate=RATE, batch_size=BATCH, epochs=1, devices=1)
MOVE = 2.0**-12
OPTIONS = ("--optimizer", "sgd", "--lr", RATE, "--batch", BATCH, "--epochs", 1, "--no-plot")


def by_numpy(order, data):
    """Return the perceptron's parameters, in sixty-fourths, after an epoch in whole numbers."""
    rows, labels = data.images.reshape(len(data), -1).astype(np.int64), data.labels
    rows = np.concatenate([rows, np.ones((len(rows), 1), np.int64)], axis=1)
    params = np.zeros((rows.shape[1], 10), np.int64)
    for batch in order.reshape(-1, _exact.BATCH):
        taken = (rows[batch] @ params).argmax(axis=1)  # the first of the largest, as JAX's
        change = np.zeros_like(params)
        np.subtract.at(change.T, taken, rows[batch])
        np.add.at(change.T, labels[batch], rows[batch])
        params += change
    return params


def test_on_whole_numbers_their_parameters_are_those_of_one_device_bit_for_bit(tmp_path):
    file, data = tmp_path / "params.npz", _exact.pictures()
    with started("-m", "tests.jaxcnn.processes._exact", "--out", file) as running:
        order, one = _exact.epoch(1, data)
        assert ended(running) == [(0, "", "")] * 2
    with np.load(file) as found:
        eight = dict(found)
    assert sorted(order) == list(range(len(data)))
    whole = by_numpy(order, data)
    assert abs(whole).max() > 20  # something was learned, in many updates
    for name, expected in (("kernel", whole[:-1]), ("bias", whole[-1])):
        assert np.array_equal(64 * one[name], expected)
        assert one[name].tobytes() == eight[name].tobytes()


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
