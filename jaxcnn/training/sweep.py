"""Many networks trained in one program: seeds, learning rates, activations and depths side by side.

Networks that are equal but for their activations make a stack: their parameters get an axis of models, and the products
of all of them are one product. All stacks see the same batches, which are gathered and scaled once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Parameters
from jaxcnn.datasets import Dataset
from jaxcnn.fast import ENTRY_BY_ENTRY, Choose, Plan, choose_form, mixed, plan
from jaxcnn.network import Network
from jaxcnn.parameters import Work, init_parameters, work
from jaxcnn.training.config import INITIALIZERS, TrainConfig
from jaxcnn.training.history import EpochRecord
from jaxcnn.training.learner import StackLearner
from jaxcnn.training.optimizers import optimizer
from jaxcnn.training.run import OnProgress, Run, check_fit
from jaxcnn.training.state import TrainState, fresh


@dataclass(frozen=True)
class Member:
    """One model of a sweep.

    Attributes:
        network: the network.
        learning_rate: its own; None for that of the configuration.
        seed: of its first parameters; None for that of the configuration.

    Raises:
        ValueError: if a number is out of its range.
    """

    network: Network
    learning_rate: float | None = None
    seed: int | None = None

    def __post_init__(self) -> None:
        """Check what is given as a configuration does."""
        usual = TrainConfig()
        replace(
            usual,
            learning_rate=usual.learning_rate if self.learning_rate is None else self.learning_rate,
            seed=usual.seed if self.seed is None else self.seed,
        )


class Sweep:
    """Models by name, data and one configuration, made ready to be trained together.

    The order of the examples is that of the configuration's seed, for all models. So a member learns what it would
    have learned alone, to rounding, if its seed is that of the configuration.

    Attributes:
        members: the models, by name.
        config: of all models, with `devices` and `micro_batch` filled in.
        stacks: the names of the models that are computed together.
        plans: how each stack is computed, under `jax.vmap`.
        run: the data on the devices and the compiled programs.
    """

    def __init__(
        self,
        members: Mapping[str, Member],
        config: TrainConfig,
        train: Dataset,
        evaluated: Mapping[str, Dataset] | None = None,
        *,
        choose: Choose = choose_form,
    ) -> None:
        """Bring the data onto the devices; programs are compiled at their first use.

        Args:
            members: the models, by name.
            config: of all of them; `patience` and `dropout` have no meaning here.
            train: what to learn from.
            evaluated: the splits that are evaluated after every epoch, by name.
            choose: the form of each operation that has fast ones, see `jaxcnn.fast.choose_form`.

        Raises:
            ValueError: if there is no model, one does not fit the data, or the configuration has a patience or dropout.
        """
        if not members or config.patience is not None:
            raise ValueError(f"A sweep must have models and no patience; got {len(members)}, {config.patience}.")
        if config.dropout:
            raise ValueError(f"A sweep must have no dropout; got {config.dropout}: train such models one by one.")
        self.members, evaluated = dict(members), {} if evaluated is None else dict(evaluated)
        for name, member in members.items():
            for split, data in {**evaluated, "train": train}.items():
                self._shape = check_fit(member.network.without_softmax(), data, f"{split} of {name}")
        networks = {name: member.network.without_softmax() for name, member in members.items()}
        planned = {name: plan(network, self._shape, choose=choose) for name, network in networks.items()}
        self.stacks = tuple(_stacks(networks, planned))
        self.plans = plans = tuple(mixed([planned[name] for name in names]) for names in self.stacks)
        rates = tuple(tuple(_rate(members[name], config) for name in names) for names in self.stacks)
        self.run = Run(
            lambda steps: StackLearner(plans, rates, optimizer(config.recipe(steps), 1.0), config.label_smoothing),
            config,
            train,
            evaluated,
            _together([work(network, self._shape) for network in networks.values()]),
        )
        self.config = self.run.config
        # Where each model stands among all, stack by stack.
        self._places = {name: place for place, name in enumerate(name for names in self.stacks for name in names)}

    def fresh(self) -> TrainState:
        """Return the state of a run that has done nothing."""

        def first(name: str) -> Parameters:
            member = self.members[name]
            own, _ = jax.random.split(jax.random.key(self.config.seed if member.seed is None else member.seed))
            return init_parameters(
                member.network.without_softmax(), own, self._shape, kernel_init=INITIALIZERS[self.config.init]
            )

        params = tuple(_stacked([first(name) for name in names]) for names in self.stacks)
        _, everything_else = jax.random.split(jax.random.key(self.config.seed))
        learner, steps = self.run.step.learner, self.run.step.batches.steps
        averaged = self.config.average is not None
        return fresh(params, learner.init(params), everything_else, (steps, *learner.models), averaged=averaged)

    def epochs(
        self, state: TrainState | None = None, *, on_progress: OnProgress | None = None
    ) -> Iterator[tuple[TrainState, dict[str, EpochRecord]]]:
        """Go on to the end of the run, and after each epoch give its state and the record of each model.

        The state is good until the next epoch is asked for. A model whose loss is no longer finite goes on, as the
        others do; its record says so.

        Args:
            state: where to go on from; by default afresh.
            on_progress: called several times a second.
        """
        state = self.run.programs.place(self.fresh() if state is None else state)
        for number in range(int(state.epoch) + 1, self.config.epochs + 1):
            state, running, seconds = self.run.epoch(state, on_progress)
            scores = self.run.scores(state.learned)
            yield (
                state,
                {
                    name: EpochRecord(
                        number,
                        running.of(self._places[name]),
                        {split: found.of(self._places[name]) for split, found in scores.items()},
                        seconds,
                    )
                    for name in self.members
                },
            )

    def params(self, state: TrainState) -> dict[str, Parameters]:
        """Return the parameters of every model, as NumPy arrays."""
        found: dict[str, Parameters] = {}
        for names, stack in zip(self.stacks, state.learned, strict=True):
            for place, name in enumerate(names):
                found[name] = jax.tree.map(lambda values, place=place: np.asarray(values[place]), stack)
        return {name: found[name] for name in self.members}


def _stacks(networks: Mapping[str, Network], planned: Mapping[str, Plan]) -> Iterator[tuple[str, ...]]:
    """Give the names that can be stacked, equal activations side by side.

    Layers and stages must be equal but for activations: a relu before a pooling may be part of a stage, a tanh is not.
    """
    stacks: dict[Any, list[str]] = {}
    for name, network in networks.items():
        layers = tuple(_unless_activation(layer) for layer in network.layers)
        stages = tuple(len(stage.layers) for stage in planned[name].stages)
        stacks.setdefault((layers, stages), []).append(name)
    for names in stacks.values():
        order = [networks[name] for name in names]
        yield tuple(sorted(names, key=lambda name: order.index(networks[name])))


def _unless_activation(layer: Any) -> Any:
    return "activation" if layer.op in ENTRY_BY_ENTRY else layer


def _rate(member: Member, config: TrainConfig) -> float:
    return config.learning_rate if member.learning_rate is None else member.learning_rate


def _together(works: Sequence[Work]) -> Work:
    return Work(sum(one.parameters for one in works), sum(one.multiplications for one in works))


def _stacked(trees: Sequence[Parameters]) -> Parameters:
    return jax.tree.map(lambda *values: jnp.stack(values), *trees)
