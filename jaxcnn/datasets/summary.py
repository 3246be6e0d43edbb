"""What a data set looks like in numbers."""

import dataclasses

import numpy as np

from jaxcnn.datasets.dataset import Dataset


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Numbers of a data set.

    Attributes:
        examples: how many.
        shape: of one image, (H, W, C).
        mean: of the pixels of each channel, scaled to 0 .. 1.
        std: the standard deviation of the same (of the population).
        class_counts: how many examples each class has.
    """

    examples: int
    shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    class_counts: tuple[int, ...]


def statistics(dataset: Dataset) -> Statistics:
    """Return the numbers, computed from exact integer histograms, so that neither order nor size costs a digit."""
    means, stds = [], []
    for channel in range(dataset.images.shape[3]):
        counts = np.zeros(256, np.int64)
        for image in np.array_split(dataset.images[..., channel], -(-len(dataset) // 4096)):
            counts += np.bincount(image.reshape(-1), minlength=256)
        total, first, second = (int(counts @ np.arange(256) ** power) for power in range(3))
        means.append(first / total / 255)
        stds.append((total * second - first**2) ** 0.5 / total / 255)
    class_counts = np.bincount(dataset.labels, minlength=len(dataset.classes))
    return Statistics(
        len(dataset), dataset.images.shape[1:], tuple(means), tuple(stds), tuple(int(n) for n in class_counts)
    )
