"""A digit as MNIST's authors made theirs: a box of 20 x 20, its centre of mass in the middle of 28 x 28.

Source: LeCun, Cortes and Burges, The MNIST database of handwritten digits: "size normalized to fit in a 20x20 pixel box
while preserving their aspect ratio ... anti-aliasing ... centered in a 28x28 image by computing the center of mass".
"""

import numpy as np

from jaxcnn.photographs.frame import framed
from jaxcnn.photographs.paper import ink_of
from jaxcnn.photographs.size import workable
from jaxcnn.photographs.slant import upright
from jaxcnn.photographs.strokes import strokes

SHAPE = (28, 28, 1)


def digit_of(grey: np.ndarray, *, deskew: bool = False) -> np.ndarray:
    """Return the digit in a picture, (28, 28, 1) uint8, white on black.

    Args:
        grey: (H, W) uint8; one digit, dark on light or light on dark, with a margin or without.
        deskew: straighten slanted handwriting. Only for a network that learned from digits that were straightened too.

    Raises:
        PhotographError: if the picture is too small or blank, or nothing on it stands out from the paper.
        TypeError: if `grey` is no (H, W) uint8.
    """
    if not isinstance(grey, np.ndarray) or grey.ndim != 2 or grey.dtype != np.uint8:
        form = f"{grey.shape} {grey.dtype}" if isinstance(grey, np.ndarray) else type(grey).__name__
        raise TypeError(f"`grey` must be (H, W) uint8; got {form}.")
    picture = workable(grey)
    ink = strokes(ink_of(picture.pixels, flat=picture.small), everything=picture.small)
    if deskew:
        ink = upright(ink)
    return np.rint(255 * framed(ink)).astype(np.uint8)[..., None]
