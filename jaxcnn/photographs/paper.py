"""How much ink there is at every pixel: what stands out from the paper, whichever of the two is darker.

Paper under uneven light is a smooth surface. It is fitted to all pixels with the least sum of absolute deviations,
which lets a minority of pixels, the strokes, deviate as far as they like. Ink is on the side of larger deviations.
"""

import numpy as np

from jaxcnn.photographs.errors import PhotographError

_FAINTEST = 0.06  # of the range from black to white, the least that ink differs from paper
_CLEAR = 4.0  # standard deviations of the paper's grain that ink differs by at least; for grain alone it is 1.6
_STRONG = (
    0.35  # of the range from black to white: so much is no grain, also where tight scans have only edges for paper
)
_SOFT = 0.2  # of the way from paper to ink: what is fainter is none
_BROAD = 2  # what is wider than half of the picture both ways is a shadow and no stroke
_ENOUGH = 48  # rows, and columns, that the surface of the paper is fitted to
# What pixels at the edge count for, and under even light those in the corners: a margin, narrow as it may be, is there,
# and a bold 0 that fills most of a small scan leaves the corners free. Uneven light would bend to strokes in them.
_AT_THE_EDGE, _IN_A_CORNER, _CORNER = 3.0, 8.0, 0.2


def ink_of(pixels: np.ndarray, *, flat: bool = False) -> np.ndarray:
    """Return the ink, (H, W) from 0 (paper) to 1.

    Args:
        pixels: (H, W), from 0 (black) to 1.
        flat: the light is even: paper is one grey.

    Raises:
        PhotographError: if nothing stands out.
    """
    from scipy import ndimage

    deviation = pixels - _paper(pixels, degree=0 if flat else 2)
    ink = np.maximum(deviation * np.sign(np.sum(deviation * np.abs(deviation))), 0)
    if not flat:
        ink = ink - ndimage.grey_opening(ink, size=max(pixels.shape) // _BROAD)
    threshold = otsu(ink)
    # The standard deviation of normal noise, by the half of the paper's pixels that is nearest to it.
    grain = 1.4826 * float(np.median(np.abs(deviation[ink <= threshold]))) if ink.any() else 0.0
    full, none = (
        float(np.median(part)) if part.size else 0.0 for part in (ink[ink > threshold], ink[ink <= threshold])
    )
    if full - none < max(_FAINTEST, min(_CLEAR * grain, _STRONG)):
        raise PhotographError("Nothing in the picture stands out from its background: it is blank, or too faint.")
    low = none + min(2 * grain, _SOFT * (full - none))
    return np.clip((ink - low) / (full - low), 0, 1)


def otsu(values: np.ndarray) -> float:
    """Return the threshold that parts values into two classes with the largest variance between their means.

    Source: Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    counts, edges = np.histogram(values, 256)
    centres, weights = (edges[1:] + edges[:-1]) / 2, np.cumsum(counts)
    sums = np.cumsum(counts * centres)
    below, above = weights[:-1], weights[-1] - weights[:-1]
    mean = sums[-1] / weights[-1]
    between = (mean * below - sums[:-1]) ** 2 / np.maximum(below * above, 1)
    best = np.flatnonzero(between == between.max())  # of a gap between two classes, the middle
    return float(edges[1:-1][best].mean())


def _paper(pixels: np.ndarray, degree: int, rounds: int = 20) -> np.ndarray:
    """Return the polynomial surface with the least sum of absolute deviations, by reweighted least squares.

    The coefficients are found on a part of the pixels, as many as tell them well.
    """
    grids = [np.linspace(-1, 1, length) for length in pixels.shape]
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i)]

    def surfaces(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return np.stack([np.outer(rows**i, columns**j) for i, j in powers], axis=-1)

    rows, columns = (np.unique(np.linspace(0, n - 1, min(n, _ENOUGH)).round().astype(int)) for n in pixels.shape)
    part, basis = pixels[np.ix_(rows, columns)], surfaces(grids[0][rows], grids[1][columns])
    weights = important = _importance(part.shape, corners=degree == 0)
    for _ in range(rounds):
        normal = np.einsum("rci,rcj,rc->ij", basis, basis, weights)
        found = np.linalg.lstsq(normal, np.einsum("rci,rc,rc->i", basis, part, weights), rcond=None)[0]
        # A deviation of less than a grey level is none.
        weights = important / np.maximum(np.abs(part - basis @ found), 1 / 255)
    return surfaces(*grids) @ found


def _importance(shape: tuple[int, ...], *, corners: bool) -> np.ndarray:
    """Return what each pixel counts for as paper."""
    important = np.ones(shape)
    important[[0, -1]] = important[:, [0, -1]] = _AT_THE_EDGE
    if not corners:
        return important
    near = [np.minimum(np.arange(length), np.arange(length)[::-1]) < length * _CORNER for length in shape]
    important[np.outer(*near)] = _IN_A_CORNER
    return important
