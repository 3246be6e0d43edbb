"""Small data sets in the forms that are read: the pixels are drawn by chance, and every class is there."""

import struct

import numpy as np

COUNT = 20
SEED = 5


def idx_bytes(array):
    """Return an IDX file: written here and not by the package, whose reader it tests."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def draw(count=COUNT, shape=(28, 28, 1), seed=SEED):
    """Return images and labels 0 .. 9, each class in turn."""
    images = np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)
    return images, (np.arange(count) % 10).astype(np.int32)


def mat_variables(images, labels):
    """Return X and y as SVHN has them: the number of the image last, and 10 for the digit 0."""
    return {"X": images.transpose(1, 2, 3, 0), "y": np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]}
