"""Images whose derivatives are known, and what filters make of them: a check of how moments are computed.

For every filter that sums to 0, the answer to a ramp or parabola follows exactly from its first or second moments. That
the two agree says that both were computed rightly, and nothing of whether the filter is a derivative.

Filters are applied as the networks here apply them: not flipped, at every place where all taps have pixels.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def ramp(size: int, angle: float) -> np.ndarray:
    """Return an image that grows by 1 a pixel in the direction `angle`, 0 in its middle, (size, size).

    Args:
        size: of the image.
        angle: degrees from x (right) towards y (down).
    """
    return _along(size, angle)


def parabola(size: int, angle: float) -> np.ndarray:
    """Return an image of curvature 1 along the direction `angle` and 0 across, flat in its middle, (size, size)."""
    return _along(size, angle) ** 2 / 2


def filtered(kernel: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Return the filter's answers, (H - k + 1, W - k + 1)."""
    return np.einsum("ijkl,kl->ij", sliding_window_view(image, kernel.shape), kernel)


def answers(kernel: np.ndarray, order: int, angles: np.ndarray, centre: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Return the answer of a filter to ramps (order 1) or parabolas (order 2) at many angles.

    Args:
        kernel: (k, k).
        order: 1 or 2.
        angles: degrees, (N,).
        centre: (x, y) from the middle tap, where the parabolas are flat; for ramps it makes no difference to a filter
            that sums to 0.

    Raises:
        ValueError: if the order is neither.
    """
    if order not in (1, 2):
        raise ValueError(f"`order` must be 1 (ramps) or 2 (parabolas); got {order!r}.")
    (size, _), found = kernel.shape, []
    for angle in np.asarray(angles, np.float64):
        radians = math.radians(angle)
        image = ramp(size, angle) - (math.cos(radians) * centre[0] + math.sin(radians) * centre[1])
        found.append(filtered(kernel, image if order == 1 else image**2 / 2)[0, 0])
    return np.array(found)


def _along(size: int, angle: float) -> np.ndarray:
    at = np.arange(size) - (size - 1) / 2
    return math.cos(math.radians(angle)) * at + math.sin(math.radians(angle)) * at[:, None]
