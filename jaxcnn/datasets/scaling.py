"""From stored pixels to what a network takes."""

from typing import Any

import numpy as np


def scaled(images: np.ndarray, low: float = 0.0, high: float = 1.0, *, dtype: Any = np.float32) -> np.ndarray:
    """Return pixels 0 .. 255 as floating point numbers low .. high.

    Args:
        images: uint8, any shape.
        low: what 0 becomes.
        high: what 255 becomes.
        dtype: the dtype of the result.

    Raises:
        TypeError: if `images` are not uint8, which mostly means that they have been scaled already.
    """
    if images.dtype != np.uint8:
        raise TypeError(f"`images` must be uint8 pixels; got {images.dtype}: are they scaled already?")
    return (low + images * ((high - low) / 255)).astype(dtype)
