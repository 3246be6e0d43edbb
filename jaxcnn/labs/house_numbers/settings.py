"""The settings of the lab `house-numbers`."""

from dataclasses import dataclass, replace
from typing import Self

from jaxcnn._windows import positive
from jaxcnn.labs.settings import LabConfig
from jaxcnn.training import TrainConfig


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings, by default those of the assignment; what it does not say is our choice.

    Attributes:
        data: "svhn" by default.
        validation: training images that are held out, drawn at random; 10 % where only a part of the data is there.
        borrowed: how many of the first test images to learn from instead, for a part of the data whose training images
            are few; 0 for the splits as they were published.
        epochs: passes over the training images, at most.
        patience: epochs without a lower validation loss after which to stop.
        learning_rate: of Adam.
        batch_size: images of one update.
        init: of the kernels, a key of `jaxcnn.training.config.INITIALIZERS`.
    """

    data: str = "svhn"
    validation: int = 7326
    borrowed: int = 0
    epochs: int = 100
    patience: int = 5
    learning_rate: float = 0.001
    batch_size: int = 64
    init: str = "he_normal"

    def __post_init__(self) -> None:
        """Check every number."""
        positive("validation", self.validation)
        if self.borrowed < 0:
            raise ValueError(f"`borrowed` must be a whole number from 0; got {self.borrowed!r}.")
        self.training()

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(super().quickened(), epochs=5, patience=2)

    def training(self) -> TrainConfig:
        """Return how the network is trained."""
        return TrainConfig(
            optimizer="adam",
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            patience=self.patience,
            seed=self.seed,
            init=self.init,
        )
