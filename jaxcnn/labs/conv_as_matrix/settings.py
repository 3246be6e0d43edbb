"""The settings of the lab, and the network of free design."""

from dataclasses import dataclass, replace
from typing import Self

from jaxcnn._windows import positive
from jaxcnn.labs.settings import LabConfig
from jaxcnn.layers import Conv, Dense, Flatten, MaxPool, Relu
from jaxcnn.network import Network
from jaxcnn.training import Augmentation, TrainConfig

# Free design: kernels of 3x3, twice as many maps after the first halving, and one dense layer before the classes.
FREE = Network(
    Conv(32, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Conv(64, 3, padding="SAME"),
    Relu(),
    MaxPool(2),
    Flatten(),
    Dense(256),
    Relu(),
    Dense(10),
)


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings.

    Attributes:
        epochs: of the network of free design.
        learning_rate: of Adam at its beginning; it falls to 0 along a cosine.
        dropout: the share of what its dense layers read that is left out in training.
        shift: how many pixels its training images are shifted, either way.
        exact_epochs: of the network that is read as matrices.
        exact_learning_rate: of Adam for it.
        batch_size: images of one update.
        image: number of the test image that is looked at; None for one drawn at random.
        images: test images that go through the matrices, the first of them; None for all.
    """

    data: str = "fashion_mnist"
    epochs: int = 20
    learning_rate: float = 0.002
    dropout: float = 0.3
    shift: float = 1.0
    exact_epochs: int = 3
    exact_learning_rate: float = 0.001
    batch_size: int = 64
    image: int | None = None
    images: int | None = None

    def __post_init__(self) -> None:
        """Check every number."""
        if self.image is not None and self.image < 0:
            raise ValueError(f"`image` must be at least 0; got {self.image}.")
        if self.images is not None:
            positive("images", self.images)
        self.free()
        self.exact()

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(super().quickened(), epochs=2, exact_epochs=1, batch_size=128, images=64)

    def free(self) -> TrainConfig:
        """Return how the network of free design is trained."""
        return TrainConfig(
            optimizer="adam",
            learning_rate=self.learning_rate,
            schedule="cosine",
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            init="he_normal",
            augmentation=Augmentation(shift=self.shift),
            dropout=self.dropout,
        )

    def exact(self) -> TrainConfig:
        """Return how the network that is read as matrices is trained."""
        return TrainConfig(
            optimizer="adam",
            learning_rate=self.exact_learning_rate,
            batch_size=self.batch_size,
            epochs=self.exact_epochs,
            seed=self.seed,
        )
