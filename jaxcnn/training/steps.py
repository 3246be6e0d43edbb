"""The updates of an epoch as one compiled program: gather, augment, gradients by hand, optimiser, metrics.

The pixels stay on the device as bytes. The program is a loop whose number of turns is an argument, so one compilation
serves whole epochs, the chunks between two looks at the progress, and what is left of an epoch after resuming. Nothing
is differentiated through the loop.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array, Key, Shape
from jaxcnn.training.division import Batches
from jaxcnn.training.learner import Learner
from jaxcnn.training.preparation import Preparation
from jaxcnn.training.shuffling import shuffled
from jaxcnn.training.state import TrainState
from jaxcnn.training.totals import AXIS, over_devices


@dataclass(frozen=True)
class Step:
    """What one update is made of; hashable, so that it can be a static argument of `jax.jit`.

    Attributes:
        learner: what is trained.
        image_shape: (H, W, C), of one example.
        batches: how the examples are divided.
        prepare: from pixels to inputs.
        average: how much of the average of the parameters an update leaves, where they are averaged; else None.
    """

    learner: Learner
    image_shape: Shape
    batches: Batches
    prepare: Preparation
    average: float | None = None

    def inputs(self, pixels: Array, keys: Array | None) -> Array:
        """Return rows of pixels as the learner takes them."""
        return self.prepare(pixels.reshape(-1, *self.image_shape), keys)


def advance(step: Step, state: TrainState, pixels: Array, labels: Array, order: Array, count: Array) -> TrainState:
    """Return the state after `count` more updates; to be traced, by `jax.jit` or inside `jax.shard_map`.

    Args:
        step: what an update is made of.
        state: where to go on from.
        pixels: (N, product of the image shape) uint8.
        labels: (N,) int32.
        order: (N,) int32, the examples in the order of this epoch.
        count: how many updates, int32; no more than are left of the epoch.
    """

    def update(_: Array, state: TrainState) -> TrainState:
        loss, correct, gradients = _gradients(step, state, pixels, labels, order)
        params, optimizer = step.learner.updated(gradients, state.optimizer, state.params)
        return replace(
            state,
            params=params,
            optimizer=optimizer,
            average=_averaged(step, state, params),
            step=state.step + 1,
            losses=state.losses.at[state.step].set(loss),
            correct=state.correct.at[state.step].set(correct),
        )

    state = lax.fori_loop(0, count, update, state)
    complete = state.step == step.batches.steps
    return replace(state, epoch=state.epoch + complete.astype(jnp.int32), step=jnp.where(complete, 0, state.step))


def _averaged(step: Step, state: TrainState, params: Any) -> Any:
    """Return the average with the parameters after an update: of the first ones alike, then with a window."""
    if step.average is None:
        return None
    made = (state.epoch * step.batches.steps + state.step).astype(jnp.float32)  # updates before this one
    keep = jnp.minimum(step.average, made / (made + 1))
    return jax.tree.map(lambda mean, new: keep * mean + (1 - keep) * new, state.average, params)


def order_of(state: TrainState, examples: int) -> Array:
    """Return the order of the examples in the current epoch, (N,) int32."""
    return shuffled(_key(state, 0), examples)


def _gradients(step: Step, state: TrainState, pixels: Array, labels: Array, order: Array) -> tuple[Array, Array, Any]:
    """Return the mean loss of the current batch, how many are right, and the gradients: summed over all devices."""
    batches = step.batches
    first = state.step * batches.size
    filled = jnp.minimum(batches.size, batches.examples - first)
    device = lax.axis_index(AXIS) if batches.devices > 1 else 0
    # Places in the batch; those at or beyond `end` only fill up the last micro-batch, with weight 0.
    places = device * batches.share + jnp.arange(batches.turns * batches.micro)
    end = jnp.minimum((device + 1) * batches.share, filled)
    examples = order[jnp.minimum(first + places, batches.examples - 1)]
    weights = (places < end).astype(jnp.float32) / filled.astype(jnp.float32)
    key = _key(state, state.step + 1)

    def micro_batch(examples: Array, places: Array, weights: Array) -> Any:
        keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
        # Promised, because a check of every index takes an eighth of the time of the copying.
        inputs = step.inputs(pixels.at[examples].get(mode="promise_in_bounds"), keys)
        return step.learner.gradients(state.params, inputs, labels[examples], weights, keys)

    if batches.turns == 1:
        total = micro_batch(examples, places, weights)
    else:
        cut = [one.reshape(batches.turns, batches.micro) for one in (examples, places, weights)]
        shapes = jax.eval_shape(micro_batch, *(one[0] for one in cut))
        nothing = jax.tree.map(lambda one: jnp.zeros(one.shape, one.dtype), shapes)
        total, _ = lax.scan(lambda sums, one: (jax.tree.map(jnp.add, sums, micro_batch(*one)), None), nothing, cut)
    return over_devices(batches, total)


def _key(state: TrainState, use: Array | int) -> Key:
    """Return the random key of one use in the current epoch: 0 is the order, others are the updates from 1."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.epoch), use)
