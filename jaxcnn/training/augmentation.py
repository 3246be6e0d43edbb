"""Variations of training images, as pure functions of an image and a random key.

A pixel at p = (row, column), from the centre of the image, is read from the old image at A p + t: one bilinear
resampling for shift t and the matrix A of rotation, zoom and slant together. Outside lies background, 0.
"""

import dataclasses
import math
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

from jaxcnn._types import Array, Key


@dataclass(frozen=True)
class Augmentation:
    """How far images are varied, each time anew; 0 for not at all.

    Attributes:
        shift: pixels, in each direction.
        rotate: degrees, either way.
        zoom: 0.1 for sizes from 1 / 1.1 to 1.1.
        slant: columns per row, either way, as in slanted handwriting.
        noise: standard deviation of what is added to pixels of 0 .. 1, which stay within.
        invert: the share of images whose pixels are inverted.

    Raises:
        ValueError: if a number is negative or not finite, or `invert` is above 1.
    """

    shift: float = 0.0
    rotate: float = 0.0
    zoom: float = 0.0
    slant: float = 0.0
    noise: float = 0.0
    invert: float = 0.0

    def __post_init__(self) -> None:
        """Check every number."""
        for name, value in dataclasses.asdict(self).items():
            if not 0 <= value < math.inf or (name == "invert" and value > 1):
                most = "between 0 and 1" if name == "invert" else "finite and at least 0"
                raise ValueError(f"`{name}` of an augmentation must be {most}; got {value!r}.")

    @property
    def moves(self) -> bool:
        """Whether pixels change places."""
        return bool(self.shift or self.rotate or self.zoom or self.slant)


def augmented(augmentation: Augmentation, key: Key, image: Array) -> Array:
    """Return an image that has been varied.

    Args:
        augmentation: how far.
        key: a JAX random key.
        image: (H, W, C), pixels from 0 to 1, with a background of 0.
    """
    place, grain, side = jax.random.split(key, 3)
    if augmentation.moves:
        image = resampled(image, *matrix_and_offset(augmentation, place))
    if augmentation.noise:
        noise = augmentation.noise * jax.random.normal(grain, image.shape, image.dtype)
        image = jnp.clip(image + noise, 0, 1)
    if augmentation.invert:
        image = jnp.where(jax.random.bernoulli(side, augmentation.invert), 1 - image, image)
    return image


def matrix_and_offset(augmentation: Augmentation, key: Key) -> tuple[Array, Array]:
    """Return a random A, (2, 2), and t, (2,)."""
    down, right, turn, size, lean = jax.random.uniform(key, (5,), minval=-1.0, maxval=1.0)
    angle = turn * math.radians(augmentation.rotate)
    zoom = jnp.exp(size * math.log1p(augmentation.zoom))
    slant = lean * augmentation.slant
    cos, sin = jnp.cos(angle) / zoom, jnp.sin(angle) / zoom
    # Rotation and zoom after the slant, (row, column) -> (row, column + slant row).
    matrix = jnp.stack([jnp.stack([cos, -sin]), jnp.stack([sin + slant * cos, cos - slant * sin])])
    return matrix, augmentation.shift * jnp.stack([down, right])


def resampled(image: Array, matrix: Array, offset: Array) -> Array:
    """Return the image whose pixel at p, from the centre, is that of `image` at A p + t."""
    height, width, _ = image.shape
    centre = jnp.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    rows, columns = jnp.arange(height, dtype=jnp.float32), jnp.arange(width, dtype=jnp.float32)
    at = jnp.stack(jnp.meshgrid(rows, columns, indexing="ij"))
    read = jnp.einsum("ij,jhw->ihw", matrix, at - centre) + centre + offset[:, None, None]
    return jax.vmap(lambda one: map_coordinates(one, list(read), order=1, cval=0.0), in_axes=2, out_axes=2)(image)
