"""The updates of an epoch as one compiled program: gather, augment, gradients by hand, optimiser, metrics.

The pixels stay on the device as bytes. The program is a loop whose number of turns is an argument, so one compilation
serves whole epochs, the chunks between two looks at the progress, and what is left of an epoch after resuming. Nothing
is differentiated through the loop.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax

from jaxcnn._types import Array, Parameters, Shape
from jaxcnn.fast import Plan, batch_minor, loss_and_gradients
from jaxcnn.training.state import TrainState

AXIS = "examples"  # the mesh axis that a batch is divided over


@dataclass(frozen=True)
class Batches:
    """How an epoch is cut into batches, and a batch into what one device works on at a time.

    Attributes:
        examples: of the whole data set.
        size: of a batch; the last of an epoch has what is left.
        devices: that share each batch.
        micro: examples that are worked on at a time, as many as keep the buffers in the cache.
    """

    examples: int
    size: int
    devices: int
    micro: int

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-self.examples // self.size)

    @property
    def share(self) -> int:
        """Examples of a batch that fall to one device."""
        return -(-self.size // self.devices)

    @property
    def turns(self) -> int:
        """Micro-batches of one device's share."""
        return -(-self.share // self.micro)


@dataclass(frozen=True)
class Step:
    """What one update is made of; hashable, so that it can be a static argument of `jax.jit`.

    Attributes:
        plan: how the network is computed.
        image_shape: (H, W, C) or (features,), of one example.
        batches: how the examples are divided.
        optimizer: of Optax.
        prepare: `prepare(pixels, keys) -> inputs`: from uint8 (N, ...) and a random key per example to floats (N, ...).
    """

    plan: Plan
    image_shape: Shape
    batches: Batches
    optimizer: optax.GradientTransformation
    prepare: Callable[[Array, Array], Array]


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
        # Optax's Adam raises a float to an integer power, which fails where the caller has made JAX's promotion strict.
        with jax.numpy_dtype_promotion("standard"):
            updates, optimizer = step.optimizer.update(gradients, state.optimizer, state.params)
        return replace(
            state,
            params=optax.apply_updates(state.params, updates),
            optimizer=optimizer,
            step=state.step + 1,
            losses=state.losses.at[state.step].set(loss),
            correct=state.correct.at[state.step].set(correct),
        )

    return lax.fori_loop(0, count, update, state)


def _gradients(
    step: Step, state: TrainState, pixels: Array, labels: Array, order: Array
) -> tuple[Array, Array, Parameters]:
    """Return the mean loss of the current batch, how many are right, and the gradients: summed over all devices."""
    batches = step.batches
    first = state.step * batches.size
    filled = jnp.minimum(batches.size, batches.examples - first)
    device = lax.axis_index(AXIS) if batches.devices > 1 else 0
    # Places in the batch; those at or beyond `end` only fill up the last micro-batch, with weight 0.
    places = device * batches.share + jnp.arange(batches.turns * batches.micro)
    end = jnp.minimum((device + 1) * batches.share, filled)
    examples = order[jnp.minimum(first + places, batches.examples - 1)]
    weights = jnp.where(places < end, 1 / filled, 0.0).astype(jnp.float32)
    key = jax.random.fold_in(jax.random.fold_in(jax.random.wrap_key_data(state.key), state.epoch), state.step)

    def micro_batch(examples: Array, places: Array, weights: Array) -> Any:
        keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
        images = step.prepare(pixels[examples].reshape(-1, *step.image_shape), keys)
        inputs = batch_minor(images) if step.plan.batch_minor else images
        loss, logits, gradients = loss_and_gradients(step.plan, state.params, inputs, labels[examples], weights)
        right = (jnp.argmax(logits, axis=0) == labels[examples]) & (weights > 0)
        return loss, jnp.sum(right, dtype=jnp.int32), gradients

    if batches.turns == 1:
        total = micro_batch(examples, places, weights)
    else:
        cut = [one.reshape(batches.turns, batches.micro) for one in (examples, places, weights)]
        nothing = (jnp.zeros(()), jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, state.params))
        total, _ = lax.scan(lambda sums, one: (jax.tree.map(jnp.add, sums, micro_batch(*one)), None), nothing, cut)
    return lax.psum(total, AXIS) if batches.devices > 1 else total
