"""The compiled programs of a run, and its data on the devices that share the work."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from jaxcnn._types import Array
from jaxcnn.datasets import Dataset
from jaxcnn.training.augmentation import Augmentation
from jaxcnn.training.counting import count
from jaxcnn.training.state import TrainState
from jaxcnn.training.steps import Step, advance, order_of
from jaxcnn.training.totals import AXIS

EVERYWHERE = PartitionSpec()  # every device holds all of it

Placed = tuple[Array, Array]  # pixels (N, product of the image shape) uint8, labels (N,) int32


class Programs:
    """Whatever is computed in a run; each program is compiled once, at its first use.

    Attributes:
        step: what an update is made of.
    """

    def __init__(self, step: Step) -> None:
        self.step = step
        self._evaluated = _evaluated(step)
        devices = shared_devices(step.batches.devices)
        self._placement = NamedSharding(jax.make_mesh((len(devices),), (AXIS,), devices=devices), EVERYWHERE)

    def place(self, values: Any) -> Any:
        """Return arrays on every device of the run; in a run of several processes, all give the same."""
        if jax.process_count() == 1:
            return jax.device_put(values, self._placement)
        return jax.tree.map(self._placed, values)

    def _placed(self, values: Any) -> Array:
        if isinstance(values, jax.Array) and values.sharding == self._placement:
            return values
        whole = np.asarray(values)
        return jax.make_array_from_callback(whole.shape, self._placement, lambda index: whole[index])

    def data(self, dataset: Dataset) -> Placed:
        """Return a data set on every device of the run, as bytes."""
        pixels = np.ascontiguousarray(dataset.images.reshape(len(dataset), -1))
        return self.place((pixels, np.asarray(dataset.labels, np.int32)))

    def order(self, state: TrainState) -> Array:
        """Return the order of the examples in the current epoch."""
        return _order(state, self.step.batches.examples)

    def advance(self, state: TrainState, data: Placed, order: Array, updates: int) -> TrainState:
        """Return the state after some updates; the state that is given is used up (its buffers are donated)."""
        return _advance(self._placement, self.step, state, *data, order, jnp.asarray(updates, jnp.int32))

    def count(self, params: Any, data: Placed) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean loss of each model on a split, and the share of the examples that it has right."""
        loss, right = _count(self._placement, self._evaluated, params, *data)
        return np.asarray(loss), np.asarray(right) / len(data[1])


def available_devices() -> int:
    """Return how many devices there are to share a batch: of all processes, from each as many as the poorest has."""
    return jax.process_count() * min(map(len, _by_process()))


def shared_devices(count: int) -> list[jax.Device]:
    """Return the devices of a run, as many of each process, those of process 0 first."""
    each = count // jax.process_count()
    return [device for own in _by_process() for device in own[:each]]


def _by_process() -> list[list[jax.Device]]:
    return [jax.local_devices(process_index=process) for process in range(jax.process_count())]


def _evaluated(step: Step) -> Step:
    """Return a step that counts as this one does, and is equal for all runs whose counting is."""
    batches = replace(step.batches, examples=1, size=1, micro=1)
    prepare = replace(step.prepare, augmentation=Augmentation())
    return Step(step.learner.evaluated(), step.image_shape, batches, prepare)


def _shared(function: Any, placement: NamedSharding) -> Any:
    """Return a function that runs on every device of the run, from whole arrays to whole arrays."""
    if placement.mesh.size == 1:
        return function
    # The outputs are equal everywhere, as sums over all devices; JAX's own check of that knows no conditionals.
    return jax.shard_map(function, mesh=placement.mesh, in_specs=EVERYWHERE, out_specs=EVERYWHERE, check_vma=False)


@partial(jax.jit, static_argnums=(0, 1), donate_argnums=2)
def _advance(placement: NamedSharding, step: Step, *arguments: Any) -> TrainState:
    return _shared(partial(advance, step), placement)(*arguments)


@partial(jax.jit, static_argnums=(0, 1))
def _count(placement: NamedSharding, step: Step, *arguments: Any) -> tuple[Array, Array]:
    return _shared(partial(count, step), placement)(*arguments)


@partial(jax.jit, static_argnums=1)
def _order(state: TrainState, examples: int) -> Array:
    return order_of(state, examples)
