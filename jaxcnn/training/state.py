"""Everything that training goes on from: one pytree of arrays, to be saved and restored as it is."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from jaxcnn._types import Array


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class TrainState:
    """Where a run stands, between two updates.

    What comes next (the order of the examples, augmentation) is computed from `key`, `epoch` and `step` alone, so a run
    continued from a saved state makes the same updates, bit for bit, as one that was not interrupted.

    Attributes:
        params: the parameters.
        optimizer: Optax's state.
        key: (2,) uint32, the data of the random key that everything random is derived from; it does not change.
        epoch: passes over the data that are complete, int32.
        step: updates made in the pass that is not, int32.
        losses: (updates of an epoch, *models) float32, the loss of each batch of this pass before its update.
        correct: the same, int32, how many examples of each batch were classified rightly.
        best: what was learned after the epoch with the lowest validation loss, where it is asked for; else None.
        average: the running mean of the parameters after every update, where it is asked for; else None.
    """

    params: Any
    optimizer: Any
    key: Array
    epoch: Array
    step: Array
    losses: Array
    correct: Array
    best: Any = None
    average: Any = None

    @property
    def learned(self) -> Any:
        """The parameters to evaluate and to use: the average where there is one."""
        return self.params if self.average is None else self.average


def fresh(
    params: Any,
    optimizer: Any,
    key: Array,
    shape: tuple[int, ...],
    *,
    keep_best: bool = False,
    averaged: bool = False,
) -> TrainState:
    """Return the state before the first update.

    Args:
        params: the parameters to start from.
        optimizer: Optax's state for them.
        key: a JAX random key.
        shape: (updates of an epoch, *models).
        keep_best: whether the parameters of the best epoch are kept.
        averaged: whether the parameters are averaged.
    """
    # Each array is one of its own: the state is donated, and a buffer can be given away once.
    epoch, step = jnp.zeros((), jnp.int32), jnp.zeros((), jnp.int32)
    losses, correct = jnp.zeros(shape, jnp.float32), jnp.zeros(shape, jnp.int32)
    best = jax.tree.map(jnp.copy, params) if keep_best else None
    average = jax.tree.map(jnp.copy, params) if averaged else None
    return TrainState(params, optimizer, jax.random.key_data(key), epoch, step, losses, correct, best, average)
