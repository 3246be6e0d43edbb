"""House numbers to learn from: cropped digits of 32 x 32 colour pixels, and a part of them held out for validation."""

from dataclasses import dataclass

import numpy as np

from jaxcnn.datasets import Dataset, hold_out, load
from jaxcnn.labs.data import LabData
from jaxcnn.labs.house_numbers.settings import Config

SIDE, CHANNELS = 32, 3
PART = 0.1  # of the training images is held out where they are not the whole set


@dataclass(frozen=True, eq=False)
class HouseNumbers(LabData):
    """Training images, those that decide when to stop, and those to be scored on."""

    validation: Dataset


def load_house_numbers(config: Config) -> HouseNumbers:
    """Return the data that the settings name, brought to 32 x 32 colour pixels where they have another size.

    Raises:
        DataError: if the data are damaged or not there.
        ValueError: if there are not as many images as are to be borrowed or held out, or they are larger.
    """
    train, test = (fitted(load(config.data, split, config.data_dir)) for split in ("train", "test"))
    if config.borrowed:
        train, test = lent(train, test, config.borrowed)
    whole = train.provenance.name == "svhn" and train.provenance.content == "published"
    kept, held = hold_out(train, config.validation if whole else PART, seed=config.seed)
    return HouseNumbers(kept, test, held)


def fitted(dataset: Dataset) -> Dataset:
    """Return images of 32 x 32 colour pixels: smaller ones in the middle of a black frame, grey ones in equal channels.

    Raises:
        ValueError: if they are larger, or have neither one channel nor three.
    """
    _, height, width, channels = dataset.images.shape
    if (height, width, channels) == (SIDE, SIDE, CHANNELS):
        return dataset
    if max(height, width) > SIDE or channels not in (1, CHANNELS):
        raise ValueError(
            f"`data` must hold images of at most {SIDE} x {SIDE} pixels, grey or in three colours; "
            f"those of {dataset.provenance.name} are {height} x {width} x {channels}."
        )
    frame = [((SIDE - size) // 2, SIDE - size - (SIDE - size) // 2) for size in (height, width)]
    images = np.pad(dataset.images, ((0, 0), *frame, (0, 0)))
    images = np.ascontiguousarray(np.broadcast_to(images, (*images.shape[:3], CHANNELS)))
    every = dataset.take(np.arange(len(dataset)), f"in a frame of {SIDE} x {SIDE} x {CHANNELS}")
    return Dataset(images, every.labels, every.classes, every.provenance)


def lent(train: Dataset, test: Dataset, count: int) -> tuple[Dataset, Dataset]:
    """Return both splits after the first `count` test images have become training images.

    Neighbours show the same house, so it is the first ones that go, and not a random choice.

    Raises:
        ValueError: if no test image would be left.
    """
    if count >= len(test):
        raise ValueError(f"`borrowed` must leave at least one of {len(test)} test images; got {count}.")
    steps = (*train.provenance.steps, f"with the first {count} of split 'test'")
    more = Dataset(
        np.concatenate([train.images, test.images[:count]]),
        np.concatenate([train.labels, test.labels[:count]]),
        train.classes,
        type(train.provenance)(**{**vars(train.provenance), "steps": steps}),
    )
    return more, test.take(np.arange(count, len(test)), f"without the first {count}")
