"""The first updates of a training, one at a time: those that the training itself makes, to rounding."""

from collections.abc import Iterator
from dataclasses import dataclass

import jax
import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.training import Training


@dataclass(frozen=True, eq=False)
class Update:
    """One update.

    Attributes:
        number: from 1.
        rows: of its batch, in the training data.
        loss: of the batch, before the update.
        accuracy: likewise.
        params: after it, as NumPy arrays.
    """

    number: int
    rows: np.ndarray
    loss: float
    accuracy: float
    params: Parameters


def first_updates(training: Training, count: int) -> Iterator[Update]:
    """Give the first updates, or all of the first epoch where it has fewer.

    Args:
        training: the run; it is left as it was.
        count: how many.
    """
    batches, programs = training.run.step.batches, training.run.programs
    state = programs.place(training.fresh())
    order = programs.order(state)
    for step in range(min(count, batches.steps)):
        state = programs.advance(state, training.run.train, order, 1)
        begin = step * batches.size
        # After the last update of the epoch the losses are still there: the next epoch's overwrite them.
        yield Update(
            step + 1,
            np.asarray(order[begin : begin + batches.filled(step)]),
            float(state.losses[step]),
            float(state.correct[step]) / batches.filled(step),
            jax.tree.map(np.array, state.params),
        )
