"""How well a model does on labelled images."""

from dataclasses import dataclass

import numpy as np

from jaxcnn.datasets import Dataset
from jaxcnn.models.model import Model


@dataclass(frozen=True)
class Evaluation:
    """What was counted.

    Attributes:
        examples: how many.
        accuracy: the share whose most probable class is the right one.
        loss: the mean of -log of the probability of the right class.
        confusion: row i, column j: how many of class i were taken for class j.
    """

    examples: int
    accuracy: float
    loss: float
    confusion: tuple[tuple[int, ...], ...]


def evaluate(model: Model, dataset: Dataset) -> Evaluation:
    """Count what a model gets right.

    Raises:
        ValueError: if the images have another shape than the model takes, or the classes are not as many.
    """
    if dataset.images.shape[1:] != model.input_shape:
        raise ValueError(
            f"`dataset` must hold images of {model.input_shape}, which the model takes; "
            f"those of {dataset.provenance.name} are {dataset.images.shape[1:]}."
        )
    count = len(model.classes)
    if len(dataset.classes) != count:
        raise ValueError(
            f"`dataset` must have the {count} classes that the model tells apart; "
            f"{dataset.provenance.name} has {len(dataset.classes)}."
        )
    log_p = model.log_probabilities(dataset.images)
    taken_for = np.argmax(log_p, axis=1)
    confusion = np.bincount(dataset.labels * count + taken_for, minlength=count**2).reshape(count, count)
    loss = -np.mean(log_p[np.arange(len(log_p)), dataset.labels], dtype=np.float64)
    accuracy = int(np.trace(confusion)) / len(dataset)
    return Evaluation(len(dataset), accuracy, float(loss), tuple(tuple(map(int, row)) for row in confusion))
