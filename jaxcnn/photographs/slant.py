"""Slanted handwriting made upright: columns are moved so that the ink of all rows lies above one another."""

import numpy as np

STEEPEST = 0.6  # columns per row; more is no slant but the shape of the digit


def slant_of(ink: np.ndarray) -> float:
    """Return the columns by which ink moves to the right per row: the covariance of both over the variance of rows."""
    rows, columns = (np.arange(length) - centre for length, centre in zip(ink.shape, centre_of_mass(ink), strict=True))
    spread = float(np.sum(ink * rows[:, None] ** 2))
    return float(rows @ ink @ columns) / spread if spread else 0.0


def upright(ink: np.ndarray) -> np.ndarray:
    """Return the ink without its slant, (H, W + more), wide enough for what moves out."""
    from scipy import ndimage

    slant = float(np.clip(slant_of(ink), -STEEPEST, STEEPEST))
    margin = int(np.ceil(abs(slant) * ink.shape[0]))
    wide = np.pad(ink, ((0, 0), (margin, margin)))
    middle = centre_of_mass(ink)[0]
    # A pixel (r, c) is read from (r, c + slant (r - middle)).
    return np.clip(ndimage.affine_transform(wide, [[1, 0], [slant, 1]], [0, -slant * middle], order=1), 0, 1)


def centre_of_mass(ink: np.ndarray) -> tuple[float, float]:
    """Return row and column of the centre of mass."""
    from scipy import ndimage

    row, column = ndimage.center_of_mass(ink)
    return float(row), float(column)
