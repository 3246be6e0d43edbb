"""What the lab `backprop` trains: a network for each optimiser and batch size, by hand from the loss to the update."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import jax

from jaxcnn._types import Parameters
from jaxcnn._windows import positive
from jaxcnn.datasets import load, per_class
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import Trained, trained
from jaxcnn.labs.verification import check
from jaxcnn.training import TrainConfig, Training
from jaxcnn.zoo import LENET

OPTIMIZERS = ("sgd", "momentum", "rmsprop")
LAST = "rmsprop"  # the optimiser whose network is looked into


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings, by default those of the assignment.

    Attributes:
        train_per_class: training images of each class.
        test_per_class: test images of each class.
        epochs: passes over the training images.
        learning_rate: of all three optimisers.
        momentum: of momentum.
        decay: of RMSProp, rho.
        batch_size: images of one update, where optimisers are compared.
        batch_sizes: others to compare with it, such as "4,100"; "" for none.
        init: of the kernels, a key of `jaxcnn.training.config.INITIALIZERS`.
    """

    train_per_class: int = 100
    test_per_class: int = 10
    epochs: int = 15
    learning_rate: float = 0.001
    momentum: float = 0.9
    decay: float = 0.9
    batch_size: int = 10
    batch_sizes: str = "1,50,200"
    init: str = "he_normal"

    def __post_init__(self) -> None:
        """Check every number."""
        positive("train_per_class", self.train_per_class)
        positive("test_per_class", self.test_per_class)
        self.training("sgd", self.batch_size)
        for size in self.others:
            self.training("sgd", size)

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(super().quickened(), epochs=4, batch_sizes="50")

    @property
    def others(self) -> tuple[int, ...]:
        """The batch sizes to compare with, as numbers."""
        try:
            return tuple(int(size) for size in self.batch_sizes.split(",") if size.strip())
        except ValueError:
            raise ValueError(
                f"`batch_sizes` must be whole numbers with commas between, such as 4,100; got {self.batch_sizes!r}."
            ) from None

    def training(self, optimizer: str, batch_size: int) -> TrainConfig:
        """Return how one network is trained."""
        return TrainConfig(
            optimizer=optimizer,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            decay=self.decay,
            batch_size=batch_size,
            epochs=self.epochs,
            seed=self.seed,
            init=self.init,
        )


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: the two subsets.
        by_hand: by optimiser and batch size, with the updates by hand.
        by_optax: the same by optimiser, with Optax's, at the batch size of the settings.
    """

    config: Config
    data: LabData
    by_hand: Mapping[tuple[str, int], Trained]
    by_optax: Mapping[str, Trained]

    @property
    def shown(self) -> Trained:
        """The network that is looked into."""
        return self.by_hand[LAST, self.config.batch_size]

    def snapshot(self, epoch: int) -> Parameters:
        """Return its parameters after so many epochs."""
        return jax.tree.map(lambda values: values[epoch], self.shown.snapshots)


def load_subsets(config: Config) -> LabData:
    """Return so many images of each class, of both splits, chosen by the seed.

    Raises:
        DataError: if the data are damaged or not there.
        ValueError: if a class has not as many.
    """
    counts = {"train": config.train_per_class, "test": config.test_per_class}
    return LabData(
        *(per_class(load(config.data, split, config.data_dir), n, seed=config.seed) for split, n in counts.items())
    )


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train one network for each optimiser and batch size, all from the same parameters; no autodiff takes part."""
    check(LENET, input_shape=data.train.images.shape[1:], quick=config.quick)
    evaluated = {"train": data.train, "test": data.test}

    def one(optimizer: str, size: int) -> Trained:
        training = Training(LENET, config.training(optimizer, size), data.train, evaluated)
        return trained(f"backprop, {optimizer}, batches of {size}", training, progress, snapshots=True)

    sizes = dict.fromkeys((config.batch_size, *config.others))
    quick = config.quick  # then one optimiser alone, but for the curves: each compiles a program of its own
    pairs = [(name, n) for n in sizes for name in OPTIMIZERS if n == config.batch_size or not quick or name == LAST]
    by_hand = {(name, size): one(f"{name}-by-hand", size) for name, size in pairs}
    by_optax = {name: one(name, config.batch_size) for name in (OPTIMIZERS if not quick else (LAST,))}
    return Run(config, data, by_hand, by_optax)
