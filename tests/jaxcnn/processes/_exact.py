"""A perceptron on pictures of zeros and ones: all its sums are whole numbers of sixty-fourths, exact in float32.

With inputs x in {0, 1}, B = 64 examples in every batch and a learning rate of 1, an update adds to each parameter a
whole number of 1/64, at most 64 of them; so after T updates no parameter exceeds T, and no sum of parameters over the
785 inputs 785 T. In sixty-fourths that is 64 · 785 · T < 2²⁴ for T <= 333: no sum rounds, whatever its order.

As a program, one of the processes of a run: PLACE-OPTIONS --out FILE; process 0 writes the parameters.
"""

import argparse
import dataclasses
import sys
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxcnn.datasets import load
from jaxcnn.parameters import Work
from jaxcnn.training import TrainConfig
from jaxcnn.training.run import Run
from jaxcnn.training.state import fresh

BATCH, CLASSES = 64, 10
CONFIG = TrainConfig(optimizer="sgd", learning_rate=1.0, batch_size=BATCH, epochs=1, low=0.0, high=255.0)
NO_WORK = Work(0, 0)


@dataclass(frozen=True)
class Perceptron:
    """Learns from the loss max_k z_k - z_y, whose gradient by z is e_argmax - e_y; z = x W + b."""

    optimizer: optax.GradientTransformation
    models: tuple[int, ...] = ()

    def init(self, params):
        return self.optimizer.init(params)

    def gradients(self, params, inputs, labels, weights, keys=None):
        rows = inputs.reshape(len(inputs), -1)
        scores = rows @ params["kernel"] + params["bias"][None]
        taken = jnp.argmax(scores, axis=1)
        d_scores = (jax.nn.one_hot(taken, CLASSES) - jax.nn.one_hot(labels, CLASSES)) * weights[:, None]
        loss = (d_scores * scores).sum()
        right = ((taken == labels) & (weights > 0)).sum(dtype=jnp.int32)
        return loss, right, {"kernel": rows.T @ d_scores, "bias": d_scores.sum(axis=0)}

    def updated(self, gradients, state, params):
        updates, state = self.optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    def counts(self, params, inputs, labels, weights):
        return self.gradients(params, inputs, labels, weights)[:2]

    def evaluated(self):
        return self


def pictures():
    """Return the embedded digits in black and white, as many as fill whole batches."""
    digits = load("digits", "train")
    whole = len(digits) // BATCH * BATCH
    return dataclasses.replace(digits, images=np.uint8(digits.images[:whole] > 127), labels=digits.labels[:whole])


def epoch(devices, data):
    """Return the order of the examples in an epoch, and the parameters after it."""
    learner = Perceptron(optax.sgd(1.0))
    run = Run(lambda _: learner, dataclasses.replace(CONFIG, devices=devices), data, {}, NO_WORK)
    zero = {"kernel": jnp.zeros((data.images[0].size, CLASSES)), "bias": jnp.zeros(CLASSES)}
    state = fresh(zero, learner.init(zero), jax.random.key(0), (run.step.batches.steps,))
    state = run.programs.place(state)
    order = np.asarray(run.programs.order(state))
    state, *_ = run.epoch(state)
    return order, jax.tree.map(np.asarray, state.params)


def main():
    from jaxcnn.cli.joined import joined, place_of

    parser = argparse.ArgumentParser()
    for name, kind in (("coordinator", str), ("processes", int), ("process-id", int), ("wait", float), ("out", str)):
        parser.add_argument(f"--{name}", type=kind)
    given = parser.parse_args()
    jax.config.update("jax_num_cpu_devices", 4)
    with joined(place_of(given.coordinator, given.processes, given.process_id, given.wait), {}) as first:
        assert jax.device_count() == 4 * given.processes > len(jax.local_devices())
        _, params = epoch(4 * given.processes, pictures())
        if first:
            np.savez(given.out, **params)


if __name__ == "__main__":
    sys.exit(main())
