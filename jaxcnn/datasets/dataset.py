"""Labelled images in memory, and where they come from."""

import dataclasses
import hashlib
from typing import Literal

import numpy as np

from jaxcnn.datasets.errors import DataError

SPLITS = ("train", "test")
LARGEST = 2**32  # bytes of images that are read into memory; a header that declares more is taken for a fault


@dataclasses.dataclass(frozen=True)
class Provenance:
    """Where a data set comes from, and what was done to it.

    Attributes:
        name: the name in the catalogue, or the folder of a user's own data.
        split: "train" or "test".
        route: how it was read.
        content: "published" (equal to the published data, by sha256), "part" (fewer examples than were published)
            or "unchecked" (there is no published sum to compare with).
        files: the files that were read.
        steps: what was selected since, in words, first to last.
        licence: under which terms the data may be used; empty where we do not know.
    """

    name: str
    split: str
    route: Literal["scikit-learn", "original files", "tensorflow-datasets", "folder"]
    content: Literal["published", "part", "unchecked"]
    files: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    licence: str = ""


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """Images, labels and the names of the classes.

    Attributes:
        images: (N, H, W, C) uint8.
        labels: (N,) int32; class i is `classes[i]`.
        classes: the names.
        provenance: where they come from.

    Raises:
        DataError: if the parts do not fit together.
    """

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    provenance: Provenance

    def __post_init__(self) -> None:
        name = f"{self.provenance.name}, split {self.provenance.split!r}"
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise DataError(f"{name}: `images` must be (N, H, W, C) uint8; got {_form(self.images)}.")
        if self.labels.dtype != np.int32 or self.labels.ndim != 1:
            raise DataError(f"{name}: `labels` must be (N,) int32; got {_form(self.labels)}.")
        if len(self.images) != len(self.labels):
            raise DataError(f"{name}: {len(self.images)} images but {len(self.labels)} labels.")
        if 0 in self.images.shape:
            raise DataError(f"{name}: there are no images, their shape is {self.images.shape}.")
        wrong = np.flatnonzero((self.labels < 0) | (self.labels >= len(self.classes)))
        if len(wrong):
            row = int(wrong[0])
            raise DataError(
                f"{name}: label {self.labels[row]} of image {row} is not in 0 .. {len(self.classes) - 1}, "
                f"and {len(wrong) - 1} more like it."
            )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def sha256(self) -> str:
        """Of the sizes, images, labels and class names: equal for equal examples, wherever they come from."""
        total = hashlib.sha256(repr((self.images.shape, self.classes)).encode())
        for array in (self.images, self.labels):
            total.update(np.ascontiguousarray(array).data)
        return total.hexdigest()

    def take(self, rows: np.ndarray, step: str) -> "Dataset":
        """Return the examples `rows`, in that order; `step` says in words what they are."""
        provenance = dataclasses.replace(self.provenance, steps=(*self.provenance.steps, step))
        return Dataset(self.images[rows], self.labels[rows], self.classes, provenance)


def check_split(split: str) -> None:
    """Refuse an unknown split.

    Raises:
        ValueError: if `split` is neither "train" nor "test".
    """
    if split not in SPLITS:
        raise ValueError(f"`split` must be 'train' or 'test'; got {split!r}.")


def _form(array: np.ndarray) -> str:
    return f"{array.shape} {array.dtype}"
