"""Epochs of compiled updates, for one network or many: what the engines of both share."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import jax
import numpy as np

from jaxcnn._types import Shape
from jaxcnn.datasets import Dataset
from jaxcnn.network import Network
from jaxcnn.parameters import Work
from jaxcnn.training.config import TrainConfig
from jaxcnn.training.division import divided
from jaxcnn.training.history import Score
from jaxcnn.training.learner import Learner
from jaxcnn.training.preparation import Preparation
from jaxcnn.training.programs import Placed, Programs, available_devices
from jaxcnn.training.state import TrainState
from jaxcnn.training.steps import Step

SECONDS_PER_LOOK = 0.2  # between two looks at the progress: smooth for the eye, and a thousand times a call's overhead
LOOKS = 50  # at an epoch, by several processes


@dataclass(frozen=True)
class Progress:
    """Where an epoch stands.

    Attributes:
        epoch: its number, from 1.
        examples: that it has seen.
        running: over the batches so far, each before its update; of the first model, where there are several.
        rate: examples per second since the last look.
    """

    epoch: int
    examples: int
    running: Score
    rate: float


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, eq=False)
class Scores:
    """Loss and accuracy of every model, arrays of the learner's `models`."""

    loss: np.ndarray
    accuracy: np.ndarray

    def of(self, model: int | tuple[int, ...] = ()) -> Score:
        """Return the score of one model."""
        return Score(float(self.loss[model]), float(self.accuracy[model]))


class Run:
    """Data on the devices, and the programs that train and evaluate a learner on them.

    Attributes:
        config: of the run, with `devices` and `micro_batch` filled in.
        step: what one update is made of.
        programs: the compiled programs.
        train: the training data on the devices.
    """

    def __init__(
        self,
        learner: Callable[[int], Learner],
        config: TrainConfig,
        train: Dataset,
        evaluated: Mapping[str, Dataset],
        work: Work,
    ) -> None:
        """Bring the data onto the devices.

        Args:
            learner: from the number of updates of an epoch to what is trained.
            config: of the run.
            train: what to learn from.
            evaluated: splits by name.
            work: of one example.

        Raises:
            ValueError: if the configuration asks for more devices than there are.
        """
        available, processes = available_devices(), jax.process_count()
        batches = divided(len(train), config, work, jax.default_backend(), available, processes)
        self.config = replace(config, devices=batches.devices, micro_batch=batches.micro)
        prepare = Preparation(config.low, config.high, config.augmentation)
        self.step = Step(learner(batches.steps), train.images.shape[1:], batches, prepare, config.average)
        self.programs = Programs(self.step)
        self.train = self.programs.data(train)
        self._evaluated = {name: self.programs.data(data) for name, data in evaluated.items()}

    def epoch(self, state: TrainState, on_progress: OnProgress | None = None) -> tuple[TrainState, Scores, float]:
        """Return the state at the end of the current epoch, what it was like over the batches, and its seconds."""
        batches, number, start = self.step.batches, int(state.epoch) + 1, time.perf_counter()
        order, done = self.programs.order(state), int(state.step)
        updates = self._first_updates(batches.steps - done, on_progress is not None)
        while done < batches.steps:
            updates = min(updates, batches.steps - done)
            began = time.perf_counter()
            state = self.programs.advance(state, self.train, order, updates)
            done += updates
            running = self._running(state, done)  # waits for the device
            took = time.perf_counter() - began
            if on_progress is not None:
                seen = min(done * batches.size, batches.examples)
                first = running.of((0,) * running.loss.ndim)
                on_progress(Progress(number, seen, first, (seen - (done - updates) * batches.size) / took))
            if jax.process_count() == 1:
                # A call that compiled tells nothing of the speed; so no call is to be much longer than the last.
                updates = max(1, min(8 * updates, int(updates * SECONDS_PER_LOOK / took)))
        return state, running, time.perf_counter() - start

    @staticmethod
    def _first_updates(left: int, looked_at: bool) -> int:
        """Return how many updates the first call makes.

        Several processes must make the same calls, so that none of them may go by its own clock, nor by whether
        someone looks at it: they look so many times at an epoch.
        """
        if jax.process_count() > 1:
            return -(-left // LOOKS)
        return 1 if looked_at else left

    def placed(self) -> Iterator[Placed]:
        """Give pixels and labels of the training data, then of every split that is evaluated."""
        yield self.train
        yield from self._evaluated.values()

    def scores(self, params: object) -> dict[str, Scores]:
        """Return the scores of every split that is evaluated."""
        placed = self.programs.place(params)
        return {name: Scores(*self.programs.count(placed, data)) for name, data in self._evaluated.items()}

    def _running(self, state: TrainState, done: int) -> Scores:
        batches = self.step.batches
        sizes = np.array([batches.filled(step) for step in range(done)])
        losses, correct = np.asarray(state.losses)[:done], np.asarray(state.correct)[:done]
        loss = np.tensordot(sizes, losses.astype(np.float64), 1) / sizes.sum()
        return Scores(np.asarray(loss), np.asarray(correct.sum(axis=0) / sizes.sum()))


def check_fit(network: Network, data: Dataset, name: str) -> Shape:
    """Return the shape of one image, with a batch axis of 1, if a network tells the classes of a split apart.

    Raises:
        ValueError: if it does not.
    """
    shape = (1, *data.images.shape[1:])
    outputs = network.shapes(shape)[-1]
    if outputs != (1, len(data.classes)):
        raise ValueError(
            f"`network` must give one number per class, (1, {len(data.classes)}), for an image of split {name!r}; "
            f"it gives {outputs}."
        )
    return shape
