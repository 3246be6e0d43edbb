"""What happens to digits between the pen and the network, at known strengths: to measure how much of it one bears.

By SciPy and NumPy, and by no code that training images are varied with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

Random = np.random.Generator
Change = Callable[[np.ndarray, float, Random], np.ndarray]


@dataclass(frozen=True)
class Disturbance:
    """One kind of change.

    Attributes:
        unit: of its strength.
        strengths: that are worth a look, from mild to hard.
        change: from one image, (H, W) from 0 to 1 with a background of 0, a strength and a generator to the image.
    """

    unit: str
    strengths: tuple[float, ...]
    change: Change


def disturbed(images: np.ndarray, name: str, strength: float, *, seed: int = 0) -> np.ndarray:
    """Return images that have been disturbed, (N, H, W, 1) uint8.

    Args:
        images: (N, H, W, 1) uint8, white on black.
        name: a key of `DISTURBANCES`.
        strength: in its unit.
        seed: of what is random.

    Raises:
        ValueError: if the name is unknown, or the images are of another form.
    """
    if name not in DISTURBANCES:
        raise ValueError(f"`name` must be one of {', '.join(DISTURBANCES)}; got {name!r}.")
    if images.ndim != 4 or images.shape[3] != 1 or images.dtype != np.uint8:
        raise ValueError(f"`images` must be (N, H, W, 1) uint8; got {images.shape} {images.dtype}.")
    random, change = np.random.default_rng(seed), DISTURBANCES[name].change
    found = [change(image[..., 0] / 255, strength, random) for image in images]
    return np.rint(255 * np.clip(np.reshape(found, images.shape), 0, 1)).astype(np.uint8)


def _resampled(image: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return the image whose pixel at p, from the centre, is that of `image` at A p + t."""
    from scipy import ndimage

    centre = (np.array(image.shape) - 1) / 2
    return ndimage.affine_transform(image, matrix, centre - matrix @ centre + offset, order=1)


def _moved(image: np.ndarray, pixels: float, random: Random) -> np.ndarray:
    angle = random.uniform(0, 2 * np.pi)
    return _resampled(image, np.eye(2), pixels * np.array([np.sin(angle), np.cos(angle)]))


def _turned(image: np.ndarray, degrees: float, random: Random) -> np.ndarray:
    angle = np.radians(degrees) * random.choice([-1, 1])
    cos, sin = np.cos(angle), np.sin(angle)
    return _resampled(image, np.array([[cos, -sin], [sin, cos]]), np.zeros(2))


def _sized(image: np.ndarray, factor: float, random: Random) -> np.ndarray:
    from scipy import ndimage

    del random
    # What is finer than a pixel of a smaller image must go before pixels are left out.
    smooth = ndimage.gaussian_filter(image, 0.5 * np.sqrt(max(1 / factor**2 - 1, 0)))
    return _resampled(smooth, np.eye(2) / factor, np.zeros(2))


def _slanted(image: np.ndarray, columns: float, random: Random) -> np.ndarray:
    return _resampled(image, np.array([[1, 0], [columns * random.choice([-1, 1]), 1]]), np.zeros(2))


def _wider(image: np.ndarray, pixels: float, random: Random) -> np.ndarray:
    """Return strokes that are wider, or narrower, by whole pixels: one above, one below, and so on."""
    from scipy import ndimage

    del random
    size = 1 + abs(round(pixels))
    return ndimage.grey_dilation(image, size) if pixels > 0 else ndimage.grey_erosion(image, size)


def _scanned(image: np.ndarray, pixels: float, random: Random) -> np.ndarray:
    from PIL import Image

    del random
    scan = Image.fromarray(image.astype(np.float32)).resize((round(pixels), round(pixels)), Image.Resampling.BOX)
    return np.asarray(scan.resize(image.shape[::-1], Image.Resampling.BILINEAR))


def _blurred(image: np.ndarray, pixels: float, random: Random) -> np.ndarray:
    from scipy import ndimage

    del random
    return ndimage.gaussian_filter(image, pixels)


def _noisy(image: np.ndarray, deviation: float, random: Random) -> np.ndarray:
    return image + deviation * random.normal(size=image.shape)


def _pale(image: np.ndarray, kept: float, random: Random) -> np.ndarray:
    del random
    return (1 - kept) / 2 + kept * image


def _lit(image: np.ndarray, strength: float, random: Random) -> np.ndarray:
    """Return the image with paper that gets brighter towards one side, up to `strength` of white."""
    angle = random.uniform(0, 2 * np.pi)
    rows, columns = (np.linspace(-1, 1, length) for length in image.shape)
    ramp = (np.sin(angle) * rows[:, None] + np.cos(angle) * columns) / (abs(np.sin(angle)) + abs(np.cos(angle)))
    light = strength * (1 + ramp) / 2
    return light + (1 - light) * image


def _inverted(image: np.ndarray, strength: float, random: Random) -> np.ndarray:
    del random
    return strength * (1 - image) + (1 - strength) * image


DISTURBANCES: Mapping[str, Disturbance] = MappingProxyType(
    {
        "moved": Disturbance("pixels, any way", (1, 2, 4), _moved),
        "turned": Disturbance("degrees, either way", (10, 20, 30), _turned),
        "size": Disturbance("times", (0.5, 0.75, 1.25, 1.4), _sized),
        "slanted": Disturbance("columns per row, either way", (0.2, 0.4, 0.6), _slanted),
        "pen": Disturbance("pixels wider", (-1, 1, 2), _wider),
        "scan": Disturbance("pixels for 28", (14, 10, 8), _scanned),
        "blurred": Disturbance("pixels, standard deviation", (0.5, 1, 1.5), _blurred),
        "noise": Disturbance("of white, standard deviation", (0.1, 0.2, 0.3), _noisy),
        "pale": Disturbance("of the contrast is left", (0.6, 0.4, 0.2), _pale),
        "uneven light": Disturbance("of white, at one side", (0.2, 0.4, 0.6), _lit),
        "inverted": Disturbance("black on white", (1,), _inverted),
    }
)
