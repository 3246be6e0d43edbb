"""How training images are varied, and the variations in their order: the pen, the hand, the scanner, the paper."""

import dataclasses
import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Key
from jaxcnn.training.augmentation.elastic import displacement
from jaxcnn.training.augmentation.grey import shaded
from jaxcnn.training.augmentation.placing import matrix_and_offset, resampled
from jaxcnn.training.augmentation.scanning import coarse
from jaxcnn.training.augmentation.strokes import redrawn

_SHARES = ("stroke", "coarse", "invert")


@dataclass(frozen=True)
class Augmentation:
    """How far images are varied, each time anew; 0 for not at all.

    Attributes:
        shift: pixels, in each direction.
        rotate: degrees, either way.
        zoom: 0.1 for sizes from 1 / 1.1 to 1.1.
        slant: columns per row, either way, as in slanted handwriting.
        stretch: 0.1 for a width that is from 1 / 1.1 to 1.1 of what it was, at the same height.
        elastic: pixels that points are moved by, smoothly, one standard deviation.
        stroke: pixels that strokes gain or lose on each side, at most 1.
        coarse: the share of images that are scanned with fewer pixels.
        gamma: 0.5 for greys to the power of 1 / 1.5 to 1.5.
        fade: by how much paper may be brighter than black and ink darker than white, of 1; below 0.5.
        noise: standard deviation of what is added to pixels of 0 .. 1, which stay within.
        invert: the share of images whose pixels are inverted.

    Raises:
        ValueError: if a number is out of its range.
    """

    shift: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    slant: float = 0.0
    stretch: float = 0.0
    elastic: float = 0.0
    stroke: float = 0.0
    coarse: float = 0.0
    gamma: float = 0.0
    fade: float = 0.0
    noise: float = 0.0
    invert: float = 0.0

    def __post_init__(self) -> None:
        """Check every number."""
        for name, value in dataclasses.asdict(self).items():
            if not 0 <= value < math.inf or (name in _SHARES and value > 1) or (name == "fade" and value >= 0.5):
                range_of = {"fade": "at least 0 and below 0.5", **dict.fromkeys(_SHARES, "between 0 and 1")}
                allowed = range_of.get(name, "finite and at least 0")
                raise ValueError(f"`{name}` of an augmentation must be {allowed}; got {value!r}.")

    @property
    def moves(self) -> bool:
        """Whether pixels change places."""
        return bool(self.shift or self.rotate or self.zoom or self.slant or self.stretch or self.elastic)


def augmented(augmentation: Augmentation, key: Key, image: Array) -> Array:
    """Return an image that has been varied.

    Args:
        augmentation: how far.
        key: a JAX random key.
        image: (H, W, C), pixels from 0 to 1, with a background of 0.
    """
    pen, place, bend, scan, ink, grain, side = jax.random.split(key, 7)
    if augmentation.stroke:
        image = redrawn(image, augmentation.stroke * jax.random.uniform(pen, minval=-1.0, maxval=1.0))
    if augmentation.moves:
        matrix, offset = matrix_and_offset(
            place,
            shift=augmentation.shift,
            rotate=augmentation.rotate,
            zoom=augmentation.zoom,
            slant=augmentation.slant,
            stretch=augmentation.stretch,
        )
        bent = augmentation.elastic * displacement(bend, image.shape[:2]) if augmentation.elastic else None
        image = resampled(image, matrix, offset, bent)
    if augmentation.coarse:
        image = coarse(image, augmentation.coarse, scan)
    if augmentation.gamma or augmentation.fade:
        image = shaded(image, augmentation.gamma, augmentation.fade, ink)
    if augmentation.noise:
        noise = augmentation.noise * jax.random.normal(grain, image.shape, image.dtype)
        image = jnp.clip(image + noise, 0, 1)
    if augmentation.invert:
        image = jnp.where(jax.random.bernoulli(side, augmentation.invert), 1 - image, image)
    return image
