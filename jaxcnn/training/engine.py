"""A training run of one network: epochs of compiled updates, what is recorded of them, and when to stop."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._checks import check_params
from jaxcnn._types import Parameters
from jaxcnn.datasets import Dataset
from jaxcnn.fast import Choose, choose_form, plan
from jaxcnn.network import Network
from jaxcnn.parameters import init_parameters, work
from jaxcnn.training.config import INITIALIZERS, TrainConfig
from jaxcnn.training.errors import TrainingError
from jaxcnn.training.history import EpochRecord, Score, best
from jaxcnn.training.learner import OneLearner
from jaxcnn.training.optimizers import optimizer
from jaxcnn.training.run import OnProgress, Run, check_fit
from jaxcnn.training.state import TrainState, fresh

VALIDATION = "validation"


class Training:
    """A network, data and a configuration, made ready to be trained.

    Attributes:
        network: up to its logits.
        plan: how it is computed.
        config: of the run, with `devices` and `micro_batch` filled in.
        image_shape: (H, W, C).
        start: the parameters to start from; None for random ones.
        run: the data on the devices and the compiled programs.
    """

    def __init__(
        self,
        network: Network,
        config: TrainConfig,
        train: Dataset,
        evaluated: Mapping[str, Dataset] | None = None,
        *,
        choose: Choose = choose_form,
        start: Parameters | None = None,
    ) -> None:
        """Bring the data onto the devices; programs are compiled at their first use.

        Args:
            network: the network; a softmax in the last place is left to the loss.
            config: of the run.
            train: what to learn from.
            evaluated: the splits that are evaluated after every epoch, by name; early stopping looks at "validation".
            choose: the form of each operation that has fast ones, see `jaxcnn.fast.choose_form`.
            start: the parameters to start from; None for random ones.

        Raises:
            ValueError: if network, data and parameters do not fit, or early stopping has nothing to look at.
        """
        evaluated = {} if evaluated is None else dict(evaluated)
        self.network = network.without_softmax()
        self._shape = check_fit(self.network, train, "train")
        for name, data in evaluated.items():
            check_fit(self.network, data, name)
        if config.patience is not None and VALIDATION not in evaluated:
            have = ", ".join(evaluated) or "none"
            raise ValueError(f"`patience` needs a split called {VALIDATION!r} to look at; got {have}.")
        self.plan = plan(self.network, self._shape, choose=choose)
        self.run = Run(
            lambda steps: OneLearner(
                self.plan,
                optimizer(config.recipe(steps), config.learning_rate),
                smoothing=config.label_smoothing,
                dropout=config.dropout,
            ),
            config,
            train,
            evaluated,
            work(self.network, self._shape),
        )
        self.config, self.image_shape = self.run.config, self._shape[1:]
        if start is not None:
            check_params(self.network, start, jax.ShapeDtypeStruct(self._shape, jnp.float32))  # type: ignore[arg-type]
        self.start = start

    def fresh(self) -> TrainState:
        """Return the state of a run that has done nothing."""
        first, everything_else = jax.random.split(jax.random.key(self.config.seed))
        if self.start is None:
            params = init_parameters(self.network, first, self._shape, kernel_init=INITIALIZERS[self.config.init])
        else:
            params = jax.tree.map(lambda values: jnp.array(values, jnp.float32), self.start)
        keep_best, averaged, step = self.config.patience is not None, self.config.average is not None, self.run.step
        moments, shape = step.learner.init(params), (step.batches.steps,)
        return fresh(params, moments, everything_else, shape, keep_best=keep_best, averaged=averaged)

    def epochs(
        self,
        state: TrainState | None = None,
        history: Sequence[EpochRecord] = (),
        *,
        on_progress: OnProgress | None = None,
    ) -> Iterator[tuple[TrainState, EpochRecord]]:
        """Go on to the end of the run, and after each epoch give its state and its record.

        The state is good until the next epoch is asked for, which uses it up. A run may be left after any epoch and
        be continued, from what was given then or was saved of it, with the same result bit for bit.

        Args:
            state: where to go on from; by default afresh.
            history: the records of the epochs that are complete.
            on_progress: called several times a second.

        Raises:
            ValueError: if there is not one record for every epoch that the state has seen.
            TrainingError: if a loss or a parameter is no longer finite.
        """
        state, records = self.run.programs.place(self.fresh() if state is None else state), list(history)
        if len(records) != int(state.epoch):
            raise ValueError(
                f"`history` must have a record of every epoch of the state, {int(state.epoch)}; got {len(records)}."
            )
        while not self.is_over(records):
            state, running, seconds = self.run.epoch(state, on_progress)
            number = len(records) + 1
            self._finite(f"The loss of epoch {number} is {running.loss}", running.loss)
            self._finite(f"The parameters after epoch {number} are not finite", *jax.tree.leaves(state.params))
            scores = self.scores(state.learned)
            for name, score in scores.items():
                self._finite(f"The loss on {name} after epoch {number} is {score.loss}", score.loss)
            records.append(EpochRecord(number, running.of(), scores, seconds))
            if self.config.patience is not None and best(records) == number:
                state = replace(state, best=jax.tree.map(jnp.copy, state.learned))
            yield state, records[-1]

    def _finite(self, told: str, *values: Any) -> None:
        if not all(np.isfinite(np.asarray(value)).all() for value in values):
            raise TrainingError(f"{told}: lower the learning rate, {self.config.learning_rate}.")

    def is_over(self, history: Sequence[EpochRecord]) -> bool:
        """Return whether a run with these records has come to its end."""
        patience = self.config.patience
        stopped = patience is not None and bool(history) and len(history) - best(history) >= patience
        return stopped or len(history) >= self.config.epochs

    def params(self, state: TrainState) -> Parameters:
        """Return the parameters to use, NumPy arrays: the best where early stopping looks for them, else the latest."""
        return jax.tree.map(np.asarray, state.learned if state.best is None else state.best)

    def scores(self, params: Parameters) -> dict[str, Score]:
        """Return the score of every split that is evaluated."""
        return {name: scores.of() for name, scores in self.run.scores(params).items()}


def train(
    network: Network,
    config: TrainConfig,
    data: Dataset,
    evaluated: Mapping[str, Dataset] | None = None,
    *,
    choose: Choose = choose_form,
) -> tuple[Parameters, tuple[EpochRecord, ...]]:
    """Train a network from the beginning to the end.

    Args:
        network: the network.
        config: of the run.
        data: what to learn from.
        evaluated: the splits that are evaluated after every epoch, by name.
        choose: the form of each operation that has fast ones.

    Returns:
        The parameters, as NumPy arrays, and one record per epoch.

    Raises:
        ValueError: if network, data and configuration do not fit.
        TrainingError: if a loss or a parameter is no longer finite.
    """
    training = Training(network, config, data, evaluated, choose=choose)
    state, history = training.fresh(), []
    for latest, record in training.epochs(state):
        state = latest
        history.append(record)
    return training.params(state), tuple(history)
