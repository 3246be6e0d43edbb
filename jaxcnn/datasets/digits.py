"""Real handwritten digits without any download: the 1,797 scans of 8 x 8 pixels that come with scikit-learn.

They are brought to the shape of MNIST the way MNIST was made: enlarged to 20 x 20 (bilinear, pixel centres aligned) and
centred in a black frame of 28 x 28, so that a network for MNIST can be tried on them as it is.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998.
"""

from typing import Any

import numpy as np

_SCAN_MAXIMUM = 16  # each pixel counts the dark dots in a block of 4 x 4
_BOX, _FRAME = 20, 28  # MNIST: a digit of 20 x 20 in an image of 28 x 28
_TEST_SHARE = 5  # one example in five, class by class, is held out


def load_digits(split: str = "train", *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and labels of one split; every class is held out in the same proportion.

    Args:
        split: "train" (1,442 examples) or "test" (355).
        seed: which examples are held out, and the order; the two splits of one seed never overlap.

    Returns:
        Images, (N, 28, 28, 1) uint8, white on black, and labels, (N,) int32 from 0 to 9.

    Raises:
        ValueError: if `split` is unknown.
        ImportError: if scikit-learn is not installed.
    """
    if split not in ("train", "test"):
        raise ValueError(f"`split` must be 'train' or 'test'; got {split!r}.")
    scans, labels = _scans()
    rows = _rows(labels, split, np.random.default_rng(seed))
    return _framed(scans[rows]), labels[rows].astype(np.int32)


def load_scans(split: str, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the scans of one split as they are, and their labels; arguments and errors as for `load_digits`.

    Returns:
        Scans, (N, 8, 8) uint8, white on black, and labels, (N,) int32 from 0 to 9, in the order of `load_digits`.
    """
    if split not in ("train", "test"):
        raise ValueError(f"`split` must be 'train' or 'test'; got {split!r}.")
    scans, labels = _scans()
    rows = _rows(labels, split, np.random.default_rng(seed))
    return np.rint(scans[rows] * (255 / _SCAN_MAXIMUM)).astype(np.uint8), labels[rows].astype(np.int32)


def _scans() -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            "The digits come with scikit-learn, which is not installed: pip install 'jaxcnn[digits]'."
        ) from error
    bunch: Any = datasets.load_digits()
    return bunch.images, bunch.target


def _rows(labels: np.ndarray, split: str, random: np.random.Generator) -> np.ndarray:
    held_out, kept = [], []
    for digit in range(10):
        rows = random.permutation(np.flatnonzero(labels == digit))
        count = len(rows) // _TEST_SHARE
        held_out.append(rows[:count])
        kept.append(rows[count:])
    # Both are shuffled, in this order, so that the random numbers do not depend on the split asked for.
    train, test = random.permutation(np.concatenate(kept)), random.permutation(np.concatenate(held_out))
    return train if split == "train" else test


def _framed(scans: np.ndarray) -> np.ndarray:
    enlarge = interpolation(scans.shape[1], _BOX)
    enlarged = np.einsum("ah,nhw,bw->nab", enlarge, scans, enlarge) * (255 / _SCAN_MAXIMUM)
    images = np.zeros((len(scans), _FRAME, _FRAME, 1), np.uint8)
    edge = (_FRAME - _BOX) // 2
    images[:, edge:-edge, edge:-edge, 0] = np.rint(enlarged)
    return images


def interpolation(old: int, new: int) -> np.ndarray:
    """Return R, (new, old), with new samples = R old samples: linear between the two nearest pixel centres."""
    centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(old)))
