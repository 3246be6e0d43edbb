"""Pictures of a size that is quick to work on, and large enough for smooth edges."""

from dataclasses import dataclass

import numpy as np

from jaxcnn.photographs.errors import PhotographError

LEAST = 5  # pixels: on fewer, no two digits can be told apart
SMALL = 40  # up to here it is a scan of a digit alone: no light to even out, no specks to drop
_FROM, _TO = 64, 256  # pixels of the longer side to work on


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to work on.

    Attributes:
        pixels: (H, W) float, from 0 to 1.
        small: whether it was a small scan.
    """

    pixels: np.ndarray
    small: bool


def workable(grey: np.ndarray) -> Picture:
    """Return a picture with a longer side of 64 to 256 pixels.

    Raises:
        PhotographError: if it is too small to hold a digit.
    """
    from PIL import Image

    height, width = grey.shape
    if max(height, width) < LEAST or min(height, width) < 1:
        raise PhotographError(f"A picture must have at least {LEAST} pixels to hold a digit; got {width} x {height}.")
    scale = min(max(max(height, width), _FROM), _TO) / max(height, width)
    picture = Image.fromarray(grey.astype(np.float32) / 255)
    if scale != 1:
        # Bicubic, with the window as wide as the pixels that become one where it gets smaller: no moire.
        size = max(1, round(scale * width)), max(1, round(scale * height))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return Picture(np.clip(np.asarray(picture, np.float64), 0, 1), max(height, width) <= SMALL)
