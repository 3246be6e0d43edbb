"""The named options: what is changed of a training as the assignment gives it, one thing at a time and all together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from jaxcnn.training import Augmentation, TrainConfig

# Small enough that a digit stays that digit: one in 28 pixels, and what hands differ by.
HANDS = Augmentation(shift=1.5, rotate=10, zoom=0.1, slant=0.15)


@dataclass(frozen=True)
class Option:
    """A way of training.

    Attributes:
        name: of the option.
        told: what is changed, in words.
        changes: of the training's configuration, but for the number of epochs.
        patient: whether it is given more epochs, as its images are new in each.
    """

    name: str
    told: str
    changes: Mapping[str, Any] = field(compare=False)
    patient: bool = False

    def applied(self, given: TrainConfig, epochs: int, more_epochs: int) -> TrainConfig:
        """Return the configuration with the changes."""
        return replace(given, **self.changes, epochs=more_epochs if self.patient else epochs)


def _option(name: str, told: str, **changes: Any) -> Option:
    patient = changes.pop("patient", False)
    return Option(name, told, MappingProxyType(changes), patient)


TOGETHER = "all together"
_ADAM: Mapping[str, Any] = {"optimizer": "adam", "learning_rate": 0.001}

PERCEPTRON_OPTIONS = (
    _option("adaptive rates", "Adam, rate 0.001", **_ADAM),
    _option("regularisation", "Adam, 1e-5 times the weights added to the gradient", weight_decay=1e-5, **_ADAM),
    _option("dropout", "Adam, a tenth of the hidden units left out", dropout=0.1, **_ADAM),
    _option("augmentation", "Adam, images shifted, turned, zoomed and slanted", augmentation=HANDS, **_ADAM),
    _option(
        TOGETHER,
        "Adam from 0.005 to 0 (cosine), augmentation, regularisation 1e-6, longer",
        patient=True,
        optimizer="adam",
        learning_rate=0.005,
        schedule="cosine",
        augmentation=HANDS,
        weight_decay=1e-6,
    ),
)

NETWORK_OPTIONS = (
    _option(
        "momentum",
        "gradient descent with momentum 0.9, rate 0.001, as in the tutorial",
        patient=True,
        optimizer="momentum",
    ),
    _option(
        TOGETHER,
        "Adam from 0.003 to 0 (cosine), augmentation, a tenth of what dense layers read left out, longer",
        patient=True,
        optimizer="adam",
        learning_rate=0.003,
        schedule="cosine",
        augmentation=HANDS,
        dropout=0.1,
    ),
)
