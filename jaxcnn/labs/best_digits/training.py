"""What the lab `best-digits` trains: MNIST, varied more than MNIST varies, and the mean of many networks' weights.

What is added to plain training, and against what:

- Each image is seen another way each time (`VARIATIONS`): place, size, slant and bends for other hands; width of
  strokes for other pens; fewer pixels, other greys and noise for other scanners; some are inverted, for black on white.
- The rate rises, then falls to nothing (one cycle), so that large steps come where they do no harm.
- Labels are smoothed: an ambiguous digit is not worth weights without end.
- What is kept is the running mean of the weights, which lies nearer the middle of a valley than any one of them.
- In the end come some epochs of milder variation, nearer to what digits are like, with small steps; and with them the
  scans that come with scikit-learn (their training split alone), digits of other people by another scanner.

What was chosen was chosen on images held out from MNIST's training set; the test set decided nothing.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from jaxcnn._windows import positive
from jaxcnn.datasets import Dataset, hold_out, load_digits, load_scans
from jaxcnn.labs.data import LabData
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.settings import LabConfig
from jaxcnn.labs.training import Trained, trained
from jaxcnn.labs.verification import check
from jaxcnn.models import Model
from jaxcnn.photographs import digit_of
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

MILD = Augmentation(
    shift=1.5,
    rotate=8.0,
    zoom=0.15,
    slant=0.2,
    stretch=0.1,
    elastic=0.5,
    stroke=0.3,
    coarse=0.2,
    gamma=0.3,
    fade=0.1,
    noise=0.02,
    invert=0.05,
)
_SCANS_TIMES = 3  # how often an epoch has each scan, in each of two forms: 9,000 beside MNIST's 55,000

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
        last_epochs: more of them, of milder variation (if any) and with other writers' scans; 0 for none.
        last_rate: the highest learning rate of these.
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
    last_epochs: int = 6
    last_rate: float = 0.0005
    validation: int = 5000
    varied: bool = True
    disturbed: int = 1000
    searched: int = 200

    def __post_init__(self) -> None:
        """Check every number."""
        positive("validation", self.validation)
        positive("disturbed", self.disturbed)
        positive("searched", self.searched)
        if self.last_epochs:
            self.last_training()
        self.training()

    def quickened(self) -> Self:
        """Return the quick form."""
        return replace(
            super().quickened(), epochs=4, last_epochs=0, average=0.95, validation=142, disturbed=30, searched=3
        )

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

    def last_training(self) -> TrainConfig:
        """Return how its training ends."""
        mild = MILD if self.varied else Augmentation()
        return replace(
            self.training(), epochs=self.last_epochs, learning_rate=self.last_rate, schedule="cosine", augmentation=mild
        )


@dataclass(frozen=True, eq=False)
class Run:
    """What was trained.

    Attributes:
        config: the settings.
        data: both splits.
        kept: the training images that were learned from.
        held: those that were held out.
        trained: the network after the main part of the training.
        ended: the same after the last epochs; None without them.
    """

    config: Config
    data: LabData
    kept: Dataset
    held: Dataset
    trained: Trained
    ended: Trained | None = None

    @property
    def model(self) -> Model:
        """The network, ready to be used and saved."""
        return self.model_of(self.ended or self.trained)

    def model_of(self, trained: Trained) -> Model:
        """Return the model of one part of the training."""
        training = trained.training
        classes, config = self.data.train.classes, training.config
        return Model(training.network, trained.params, training.image_shape, classes, config.low, config.high)


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train the network, by rules that have been verified before."""
    check(BEST_DIGITS, input_shape=data.train.images.shape[1:], quick=config.quick, smoothing=config.label_smoothing)
    kept, held = hold_out(data.train, config.validation, seed=config.seed)
    training = Training(BEST_DIGITS, config.training(), kept, {"validation": held})
    main, ended = trained("best-digits", training, progress), None
    if config.last_epochs:
        more = with_scans(kept)
        last = Training(BEST_DIGITS, config.last_training(), more, {"validation": held}, start=main.params)
        ended = trained("best-digits, last epochs", last, progress)
    return Run(config, data, kept, held, main, ended)


def with_scans(images: Dataset) -> Dataset:
    """Return images with those of other writers: scans for training, found as in a photograph and merely enlarged."""
    scans, labels = load_scans("train")
    enlarged, _ = load_digits("train")  # in the same order
    found = np.stack([digit_of(scan) for scan in scans])
    more = np.concatenate([found, enlarged] * _SCANS_TIMES)
    told = replace(images.provenance, steps=(*images.provenance.steps, f"and {len(more)} of {len(scans)} scans"))
    everything = np.concatenate([images.images, more])
    return Dataset(everything, np.concatenate([images.labels, np.tile(labels, 2 * _SCANS_TIMES)]), images.classes, told)
