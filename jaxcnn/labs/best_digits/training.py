"""What the lab `best-digits` trains: MNIST, varied more than MNIST varies, and the mean of many networks' weights.

What is added to plain training, and against what:

- Each image is seen another way each time (`VARIATIONS`): place, size, slant and bends for other hands; width of
  strokes for other pens; fewer pixels, other greys and noise for other scanners; some are inverted, for black on white.
- The rate rises, then falls to nothing (one cycle), so that large steps come where they do no harm.
- Labels are smoothed: an ambiguous digit is not worth weights without end.
- What is kept is the running mean of the weights, which lies nearer the middle of a valley than any one of them.

What was chosen was chosen on images held out from MNIST's training set; the test set decided nothing.
"""

from dataclasses import dataclass, replace
from typing import Self

from jaxcnn._windows import positive
from jaxcnn.datasets import Dataset, hold_out
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import Trained, trained
from jaxcnn.labs.verification import check
from jaxcnn.models import Model
from jaxcnn.training import Augmentation, TrainConfig, Training
from jaxcnn.zoo import BEST_DIGITS

VARIATIONS = Augmentation(
    shift=2.0,
    rotate=12.0,
    zoom=0.25,
    slant=0.3,
    stretch=0.2,
    elastic=0.8,
    stroke=0.5,
    coarse=0.35,
    gamma=0.5,
    fade=0.15,
    noise=0.04,
    invert=0.1,
)

# The quick form leaves out what takes long to compile: one resampling is all of the same path that it needs.
QUICK_VARIATIONS = Augmentation(shift=2.0, rotate=12.0, zoom=0.25, slant=0.3, stretch=0.2)


@dataclass(frozen=True)
class Config(LabConfig):
    """The settings.

    Attributes:
        epochs: passes over the training images; 32 take some ten minutes on two cores. More is better, slowly.
        batch_size: images of one update.
        learning_rate: the highest, of AdamW.
        weight_decay: of AdamW.
        label_smoothing: how much of each label is shared by all classes.
        average: what an update leaves of the running mean of the weights.
        validation: training images that are held out, to look at while training.
        varied: whether training images are varied.
        disturbed: test images that are disturbed in every way.
        searched: disturbed images, of each kind, in which the digit is looked for first, as `jaxcnn predict` does.
    """

    epochs: int = 32
    batch_size: int = 128
    learning_rate: float = 0.002
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    average: float = 0.999
    validation: int = 5000
    varied: bool = True
    disturbed: int = 1000
    searched: int = 200

    def __post_init__(self) -> None:
        """Check every number."""
        positive("validation", self.validation)
        positive("disturbed", self.disturbed)
        positive("searched", self.searched)
        self.training()

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(super().quickened(), epochs=4, average=0.95, validation=142, disturbed=30, searched=3)

    @property
    def variations(self) -> Augmentation:
        """How training images are varied."""
        if not self.varied:
            return Augmentation()
        return QUICK_VARIATIONS if self.quick else VARIATIONS

    def training(self) -> TrainConfig:
        """Return how the network is trained."""
        return TrainConfig(
            optimizer="adamw",
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            schedule="one-cycle",
            init="he_normal",
            batch_size=self.batch_size,
            epochs=self.epochs,
            seed=self.seed,
            label_smoothing=self.label_smoothing,
            average=self.average,
            augmentation=self.variations,
        )


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: both splits.
        kept: the training images that were learned from.
        held: those that were held out.
        trained: the network.
    """

    config: Config
    data: LabData
    kept: Dataset
    held: Dataset
    trained: Trained

    @property
    def model(self) -> Model:
        """The network, ready to be used and saved."""
        training = self.trained.training
        classes, config = self.data.train.classes, training.config
        return Model(training.network, self.trained.params, training.image_shape, classes, config.low, config.high)


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train the network, by rules that have been verified before."""
    check(BEST_DIGITS, input_shape=data.train.images.shape[1:], quick=config.quick, smoothing=config.label_smoothing)
    kept, held = hold_out(data.train, config.validation, seed=config.seed)
    training = Training(BEST_DIGITS, config.training(), kept, {"validation": held})
    return Run(config, data, kept, held, trained("best-digits", training, progress))
