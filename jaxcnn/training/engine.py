"""A training run: epochs of compiled updates, what is recorded of them, and when to stop."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.datasets import Dataset
from jaxcnn.fast import Choose, choose_form, plan
from jaxcnn.network import Network
from jaxcnn.parameters import init_parameters
from jaxcnn.training.config import INITIALIZERS, TrainConfig
from jaxcnn.training.division import divided
from jaxcnn.training.errors import TrainingError
from jaxcnn.training.history import EpochRecord, Score, best
from jaxcnn.training.learner import OneLearner
from jaxcnn.training.optimizers import optimizer
from jaxcnn.training.preparation import Preparation
from jaxcnn.training.programs import Programs
from jaxcnn.training.state import TrainState, fresh
from jaxcnn.training.steps import Step

VALIDATION = "validation"
SECONDS_PER_LOOK = 0.2  # between two looks at the progress: smooth for the eye, and a thousand times a call's overhead


@dataclass(frozen=True)
class Progress:
    """Where an epoch stands.

    Attributes:
        epoch: its number, from 1.
        examples: that it has seen.
        running: over the batches so far, each before its update.
        rate: examples per second since the last look.
    """

    epoch: int
    examples: int
    running: Score
    rate: float


class Training:
    """A network, data and a configuration, made ready to be trained.

    Attributes:
        network: up to its logits.
        config: of the run, with `devices` and `micro_batch` filled in.
        plan: how the network is computed.
        step: what one update is made of.
    """

    def __init__(
        self,
        network: Network,
        config: TrainConfig,
        train: Dataset,
        evaluated: Mapping[str, Dataset] | None = None,
        *,
        choose: Choose = choose_form,
    ) -> None:
        """Bring the data onto the devices; programs are compiled at their first use.

        Args:
            network: the network; a softmax in the last place is left to the loss.
            config: of the run.
            train: what to learn from.
            evaluated: the splits that are evaluated after every epoch, by name; early stopping looks at "validation".
            choose: the form of each operation that has fast ones, see `jaxcnn.fast.choose_form`.

        Raises:
            ValueError: if network and data do not fit, or early stopping has nothing to look at.
        """
        evaluated = {} if evaluated is None else dict(evaluated)
        self.network = network.without_softmax()
        for name, data in {"train": train, **evaluated}.items():
            _check_fit(self.network, data, name)
        if config.patience is not None and VALIDATION not in evaluated:
            have = ", ".join(evaluated) or "none"
            raise ValueError(f"`patience` needs a split called {VALIDATION!r} to look at; got {have}.")
        self._shape = (1, *train.images.shape[1:])
        kernels = self.network.parameter_shapes(self._shape)
        size = sum(int(np.prod(shape)) for layer in kernels.values() for shape in layer.values())
        batches = divided(len(train), config, size, jax.default_backend(), jax.local_device_count())
        self.config = replace(config, devices=batches.devices, micro_batch=batches.micro)
        self.plan = plan(self.network, self._shape, choose=choose)
        learner = OneLearner(self.plan, optimizer(config.recipe(batches.steps), config.learning_rate))
        prepare = Preparation(config.low, config.high, config.augmentation)
        self.step = Step(learner, self._shape[1:], batches, prepare)
        self._programs = Programs(self.step)
        self._train = self._programs.data(train)
        self._evaluated = {name: self._programs.data(data) for name, data in evaluated.items()}

    def fresh(self) -> TrainState:
        """Return the state of a run that has done nothing."""
        first, everything_else = jax.random.split(jax.random.key(self.config.seed))
        params = init_parameters(self.network, first, self._shape, kernel_init=INITIALIZERS[self.config.init])
        shape = (self.step.batches.steps, *self.step.learner.models)
        return fresh(
            params, self.step.learner.init(params), everything_else, shape, keep_best=self.config.patience is not None
        )

    def epochs(
        self,
        state: TrainState | None = None,
        history: Sequence[EpochRecord] = (),
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Iterator[tuple[TrainState, EpochRecord]]:
        """Go on to the end of the run, and after each epoch give its state and its record.

        The state is good until the next epoch is asked for, which uses it up. A run may be left after any epoch and
        be continued, from what was given then or was saved of it, with the same result bit for bit.

        Args:
            state: where to go on from; by default afresh.
            history: the records of the epochs that are complete.
            on_progress: called several times a second.

        Raises:
            TrainingError: if the loss is no longer finite.
        """
        state, records = self._programs.place(self.fresh() if state is None else state), list(history)
        while len(records) < self.config.epochs and not self.is_over(records):
            state, record = self._epoch(state, on_progress)
            records.append(record)
            if self.config.patience is not None and best(records) == record.number:
                state = replace(state, best=jax.tree.map(jnp.copy, state.params))
            yield state, record

    def is_over(self, history: Sequence[EpochRecord]) -> bool:
        """Return whether a run with these records has come to its end."""
        patience = self.config.patience
        stopped = patience is not None and len(history) - best(history) >= patience and bool(history)
        return stopped or len(history) >= self.config.epochs

    def params(self, state: TrainState) -> Parameters:
        """Return the parameters to use, NumPy arrays: the best where early stopping looks for them, else the last."""
        return jax.tree.map(np.asarray, state.params if state.best is None else state.best)

    def scores(self, params: Parameters) -> dict[str, Score]:
        """Return the score of every split that is evaluated."""
        placed = self._programs.place(params)
        counts = {name: self._programs.count(placed, data) for name, data in self._evaluated.items()}
        return {name: Score(float(loss), float(accuracy)) for name, (loss, accuracy) in counts.items()}

    def _epoch(
        self, state: TrainState, on_progress: Callable[[Progress], None] | None
    ) -> tuple[TrainState, EpochRecord]:
        batches, number, start = self.step.batches, int(state.epoch) + 1, time.perf_counter()
        order, done = self._programs.order(state), int(state.step)
        updates = batches.steps - done if on_progress is None else 1
        while done < batches.steps:
            updates = min(updates, batches.steps - done)
            began = time.perf_counter()
            state = self._programs.advance(state, self._train, order, updates)
            done += updates
            running = self._running(state, done)  # waits for the device
            took = time.perf_counter() - began
            if on_progress is not None:
                seen = min(done * batches.size, batches.examples)
                on_progress(Progress(number, seen, running, updates * batches.size / took))
            # Calls that compiled tell nothing of the speed; so no call is to be much longer than the last.
            updates = max(1, min(8 * updates, int(updates * SECONDS_PER_LOOK / took)))
        seconds = time.perf_counter() - start
        if not np.isfinite(running.loss):
            raise TrainingError(
                f"The loss of epoch {number} is {running.loss}: lower the learning rate, {self.config.learning_rate}."
            )
        return state, EpochRecord(number, running, self.scores(state.params), seconds)

    def _running(self, state: TrainState, done: int) -> Score:
        batches = self.step.batches
        sizes = np.array([batches.filled(step) for step in range(done)])
        losses, correct = np.asarray(state.losses)[:done], np.asarray(state.correct)[:done]
        total = int(sizes.sum())
        return Score(float(np.sum(losses * sizes, dtype=np.float64) / total), int(correct.sum()) / total)


def _check_fit(network: Network, data: Dataset, name: str) -> None:
    outputs = network.shapes((1, *data.images.shape[1:]))[-1]
    if outputs != (1, len(data.classes)):
        raise ValueError(
            f"`network` must give one number per class, (1, {len(data.classes)}), for an image of split {name!r}; "
            f"it gives {outputs}."
        )


def train(
    network: Network,
    config: TrainConfig,
    data: Dataset,
    evaluated: Mapping[str, Dataset] | None = None,
    **options: Any,
) -> tuple[Parameters, tuple[EpochRecord, ...]]:
    """Train a network from the beginning to the end.

    Args:
        network: the network.
        config: of the run.
        data: what to learn from.
        evaluated: the splits that are evaluated after every epoch, by name.
        options: of `Training`.

    Returns:
        The parameters, as NumPy arrays, and one record per epoch.

    Raises:
        ValueError: if network, data and configuration do not fit.
        TrainingError: if the loss is no longer finite.
    """
    training = Training(network, config, data, evaluated, **options)
    state, history = training.fresh(), []
    for latest, record in training.epochs(state):
        state = latest
        history.append(record)
    return training.params(state), tuple(history)
