"""Ink in MNIST's frame: the longer side becomes 20 pixels, and the centre of mass the middle of 28 x 28.

The middle is the pixel of index 14, as in MNIST itself: the mean over its images is (13.99, 14.01).
"""

import numpy as np

from jaxcnn.photographs.slant import centre_of_mass

BOX, FRAME, MIDDLE = 20, 28, 14


def framed(ink: np.ndarray) -> np.ndarray:
    """Return the ink, (28, 28) from 0 to 1, by one resampling with the window as wide as what becomes one pixel."""
    from PIL import Image

    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    longer = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    side, box = longer * FRAME / BOX, []
    for centre, used in zip(centre_of_mass(ink), (rows, columns), strict=True):
        # In edges of pixels, that of index i being from i to i + 1.
        start = centre + 0.5 - side * (MIDDLE + 0.5) / FRAME
        # The digit must stay inside, also where its mass lies far from its middle.
        box.append(float(np.clip(start, used[-1] + 1 - side, used[0])))
    margin = int(np.ceil(side))
    picture = Image.fromarray(np.pad(ink, margin).astype(np.float32))
    top, left = (start + margin for start in box)
    made = picture.resize((FRAME, FRAME), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    return np.clip(np.asarray(made), 0, 1)
