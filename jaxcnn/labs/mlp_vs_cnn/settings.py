"""The settings of the lab, and the splits that they ask for."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from jaxcnn._windows import positive
from jaxcnn.datasets import Dataset, hold_out
from jaxcnn.labs.data import LabData
from jaxcnn.labs.mlp_vs_cnn.options import NETWORK_OPTIONS, PERCEPTRON_OPTIONS, TOGETHER, Option
from jaxcnn.labs.settings import LabConfig
from jaxcnn.training import TrainConfig


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings, by default those of the assignment.

    Attributes:
        few: images of the small training set, the first of the large one, of which it must be a share.
        many: images of the large one.
        validation: images held out, the last of the training file.
        batch_size: images of one update.
        learning_rate: of gradient descent, and of Adam for the convolutional network.
        epochs: of the perceptron as given.
        option_epochs: of the perceptron with one option.
        more_epochs: of the perceptron with all options together.
        network_epochs: of the convolutional network.
        network_more_epochs: of the same with options.
        options: whether every option is trained; else, of the perceptron, all of them together.
    """

    few: int = 2_000
    many: int = 50_000
    validation: int = 10_000
    batch_size: int = 256
    learning_rate: float = 0.001
    epochs: int = 60
    option_epochs: int = 30
    more_epochs: int = 100
    network_epochs: int = 10
    network_more_epochs: int = 20
    options: bool = True

    def __post_init__(self) -> None:
        """Check every number."""
        whole = ("few", "many", "validation", "option_epochs", "more_epochs", "network_epochs", "network_more_epochs")
        for name in whole:
            positive(name, getattr(self, name))
        if self.many % self.few:
            raise ValueError(f"`few` must divide `many`, {self.many}, so that both see as many images; got {self.few}.")
        self.perceptron()

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(
            super().quickened(),
            few=240,
            many=1_200,
            validation=240,
            epochs=3,
            option_epochs=2,
            more_epochs=4,
            network_epochs=2,
            network_more_epochs=2,
            options=False,
        )

    def perceptron(self) -> TrainConfig:
        """Return how the perceptron is trained as given: weights from N(0, 0.1²), biases 0, gradient descent."""
        return TrainConfig(
            optimizer="sgd",
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            init="normal_0.1",
        )

    def network(self) -> TrainConfig:
        """Return how the convolutional network is trained as given, by Adam."""
        return replace(self.perceptron(), optimizer="adam", epochs=self.network_epochs, init="he_normal")

    def perceptron_options(self) -> dict[Option, TrainConfig]:
        """Return how the perceptron is trained with options."""
        given = self.perceptron()
        return {
            one: one.applied(given, self.option_epochs, self.more_epochs)
            for one in PERCEPTRON_OPTIONS
            if self.options or one.name == TOGETHER
        }

    def network_options(self) -> dict[Option, TrainConfig]:
        """Return how the convolutional network is trained with options."""
        given = self.network()
        return {
            one: one.applied(given, self.network_epochs, self.network_more_epochs)
            for one in NETWORK_OPTIONS
            if self.options
        }


@dataclass(frozen=True, eq=False)
class Splits:
    """What is learned from, chosen by, and scored on.

    Attributes:
        few: the small training set.
        repeated: the same, its images as often as makes it as long as the large one.
        many: the large training set.
        validation: to choose by.
        test: to score on.
    """

    few: Dataset
    repeated: Dataset
    many: Dataset
    validation: Dataset
    test: Dataset


def splits(config: Config, data: LabData) -> Splits:
    """Return the splits.

    Raises:
        ValueError: if there are not as many training images as the settings ask for.
    """
    have, want = len(data.train), config.many + config.validation
    if want > have:
        raise ValueError(
            f"`many` and `validation` together must be at most {have:,}, the training images of {config.data}; "
            f"got {config.many:,} and {config.validation:,}: change them by --set."
        )
    kept, validation = hold_out(data.train, config.validation, seed=None)
    many = kept.take(np.arange(config.many), f"the first {config.many:,}")
    few = many.take(np.arange(config.few), f"the first {config.few:,}")
    times = config.many // config.few
    return Splits(
        few, few.take(np.tile(np.arange(config.few), times), f"each {times} times"), many, validation, data.test
    )
