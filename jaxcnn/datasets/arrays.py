"""From the arrays in IDX and `.mat` files to images (N, H, W, C) and labels from 0."""

from pathlib import Path

import numpy as np

from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.idx import read_idx
from jaxcnn.datasets.matlab import read_matlab


def from_idx(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return grey images and their labels.

    Raises:
        DataError: if a file is damaged, or the two hold different numbers of examples.
    """
    pixels, classes = read_idx(images, 3), read_idx(labels, 1)
    if len(pixels) != len(classes):
        raise DataError(f"{images} holds {len(pixels)} images but {labels} holds {len(classes)} labels.")
    return pixels[..., None], classes.astype(np.int32)


def from_mat(path: Path, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Return what a file in the form of SVHN holds.

    Args:
        path: holds X, (rows, columns, channels, N) uint8, and y, (N, 1), 1 .. `classes`; the last one stands for 0.
        classes: how many there are.

    Raises:
        DataError: if it is damaged, or holds something else.
    """
    variables = read_matlab(path, ("X", "y"))
    pixels, labels = variables["X"], variables["y"]
    if pixels.ndim == 3:  # MATLAB drops a last axis of 1
        pixels = pixels[..., None]
    if pixels.dtype != np.uint8 or pixels.ndim != 4 or pixels.shape[2] not in (1, 3):
        raise DataError(f"{path}: X must be (rows, columns, 1 or 3, N) uint8; got {pixels.shape} {pixels.dtype}.")
    if labels.ndim != 2 or 1 not in labels.shape:
        raise DataError(f"{path}: y must be (N, 1); got {labels.shape}.")
    if labels.size != pixels.shape[3]:
        raise DataError(f"{path} holds {pixels.shape[3]} images but {labels.size} labels.")
    labels = labels.reshape(-1)
    fits = (labels >= 1) & (labels <= classes) & (labels == np.floor(labels))  # a NaN fits nowhere
    if not fits.all():
        row = int(np.argmin(fits))
        raise DataError(f"{path}: label {labels[row]} of image {row} is not a whole number in 1 .. {classes}.")
    return np.ascontiguousarray(pixels.transpose(3, 0, 1, 2)), (labels.astype(np.int32) % classes).astype(np.int32)
