"""The settings of the lab, and what it trains."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from jaxcnn._windows import positive
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import Trained, trained
from jaxcnn.labs.verification import check
from jaxcnn.training import TrainConfig, Training
from jaxcnn.zoo import FILTERS


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings, by default those of the assignment.

    Attributes:
        epochs: passes over the training images.
        batch_size: images of one update.
        learning_rate: of Adam.
        init: of the kernels, a key of `jaxcnn.training.config.INITIALIZERS`.
        seeds: how many networks to train, with seeds from `seed` on; the first is the one that is looked at.
        compared_rate: another learning rate, at which the first seed is trained as well, for comparison; None for
            none.
    """

    epochs: int = 5
    batch_size: int = 64
    learning_rate: float = 0.01
    init: str = "glorot_uniform"
    seeds: int = 1
    compared_rate: float | None = 0.001

    def __post_init__(self) -> None:
        """Check every number."""
        positive("seeds", self.seeds)
        self.training(self.seed)
        if self.compared_rate is None:
            return
        self.training(self.seed, self.compared_rate)
        if f"{self.compared_rate:g}" == f"{self.learning_rate:g}":  # as reports name the networks
            raise ValueError(
                f"`compared_rate` must differ from `learning_rate`, {self.learning_rate:g}, in its first six digits; "
                f"got {self.compared_rate!r}: choose another, or none to compare nothing."
            )

    def quickened(self) -> Self:
        """Return the quick form; another learning rate is another program to be compiled, which takes most of it."""
        return replace(super().quickened(), epochs=3, compared_rate=None)

    def training(self, seed: int, rate: float | None = None) -> TrainConfig:
        """Return how the network of one seed is trained; pixels are scaled to -1 .. 1.

        Args:
            seed: of everything random.
            rate: of learning; None for that of the settings.
        """
        return TrainConfig(
            optimizer="adam",
            learning_rate=self.learning_rate if rate is None else rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=seed,
            init=self.init,
            low=-1.0,
            high=1.0,
        )


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: both splits.
        networks: by seed, in order.
        compared: that of the first seed at the other learning rate, if there is one.
    """

    config: Config
    data: LabData
    networks: dict[int, Trained]
    compared: Trained | None = None

    @property
    def first(self) -> Trained:
        """The network that is looked at."""
        return self.networks[self.config.seed]

    @property
    def kernels(self) -> np.ndarray:
        """The filters of the first layer, each with its mean subtracted, (32, 3, 3)."""
        kernels = np.moveaxis(np.asarray(self.first.params["conv_0"]["kernel"])[:, :, 0], -1, 0)
        return kernels - kernels.mean(axis=(1, 2), keepdims=True)


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train one network for every seed, by rules that have been verified before."""
    progress.stage("filters: verifying the hand rules")
    check(FILTERS, input_shape=data.train.images.shape[1:], quick=config.quick)
    evaluated = {"train": data.train, "test": data.test}

    def network(title: str, seed: int, rate: float | None = None) -> Trained:
        training = Training(FILTERS, config.training(seed, rate), data.train, evaluated)
        return trained(f"filters, {title}", training, progress)

    seeds = range(config.seed, config.seed + config.seeds)
    networks = {seed: network(f"seed {seed}", seed) for seed in seeds}
    if config.compared_rate is None:
        return Run(config, data, networks)
    title = f"learning rate {config.compared_rate:g}"
    return Run(config, data, networks, network(title, config.seed, config.compared_rate))
