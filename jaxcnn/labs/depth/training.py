"""What the lab `depth` trains: networks of three depths with four activations, side by side in one program."""

from dataclasses import dataclass, replace
from typing import Self

from jaxcnn._windows import positive
from jaxcnn.datasets import Dataset, hold_out
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import TrainedTogether, trained_together
from jaxcnn.labs.verification import check
from jaxcnn.network import Network
from jaxcnn.training import Member, Sweep, TrainConfig
from jaxcnn.zoo import ACTIVATIONS, deep


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings, by default those of the assignment.

    Attributes:
        depths: hidden layers, as whole numbers with commas between.
        epochs: passes over the training images.
        learning_rate: of SGD.
        batch_size: images of one update, and of the mini-batch that gradients are looked at on.
        init: of the kernels, a key of `jaxcnn.training.config.INITIALIZERS`.
    """

    depths: str = "5,20,40"
    epochs: int = 3
    learning_rate: float = 0.01
    batch_size: int = 32
    init: str = "glorot_uniform"

    def __post_init__(self) -> None:
        """Check every number."""
        self.training()
        if not self.hidden:
            raise ValueError(f"`depths` must be whole numbers with commas between, such as 5,20; got {self.depths!r}.")

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(super().quickened(), depths="2,4,8")

    @property
    def hidden(self) -> tuple[int, ...]:
        """The depths, as numbers."""
        try:
            numbers = [int(depth) for depth in self.depths.split(",") if depth.strip()]
        except ValueError:
            return ()
        return tuple(positive("depths", depth) for depth in dict.fromkeys(numbers))

    def training(self) -> TrainConfig:
        """Return how all networks are trained."""
        return TrainConfig(
            optimizer="sgd",
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            init=self.init,
        )

    def networks(self) -> dict[str, Network]:
        """Return every network, by its name."""
        return {
            named(name, depth): deep(depth, activation)
            for depth in self.hidden
            for name, activation in ACTIVATIONS.items()
        }


def named(activation: str, depth: int) -> str:
    """Return the name of the network with an activation and so many hidden layers."""
    return f"{activation}, {depth} hidden layers"


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: both splits.
        batch: the mini-batch that gradients are looked at on, drawn at random from the training images.
        networks: all of them, by name.
    """

    config: Config
    data: LabData
    batch: Dataset
    networks: TrainedTogether


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train all networks together, by rules that have been verified before."""
    networks, shape = config.networks(), data.train.images.shape[1:]
    check(*networks.values(), input_shape=shape, quick=config.quick)
    members = {name: Member(network) for name, network in networks.items()}
    sweep = Sweep(members, config.training(), data.train, {"test": data.test})
    _, batch = hold_out(data.train, min(config.batch_size, len(data.train) - 1), seed=config.seed)
    return Run(config, data, batch, trained_together(f"depth, {len(members)} networks", sweep, progress))
