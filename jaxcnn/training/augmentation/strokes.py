"""A thicker or a thinner pen: the largest or the smallest pixel of each neighbourhood of 3 x 3, in part."""

from collections.abc import Callable
from functools import reduce

import jax.numpy as jnp

from jaxcnn._types import Array


def redrawn(image: Array, width: Array) -> Array:
    """Return the image with strokes that are `width` pixels wider on each side, from -1 (narrower) to 1.

    Args:
        image: (H, W, C), bright strokes on a background of 0.
        width: a scalar; fractions are mixed in proportion.
    """
    wider = _neighbours(image, jnp.maximum)
    narrower = _neighbours(image, jnp.minimum)
    return image + jnp.where(width > 0, width * (wider - image), width * (image - narrower))


def _neighbours(image: Array, best: Callable[[Array, Array], Array]) -> Array:
    """Return the best of each pixel and its eight neighbours; outside the image lies background, 0."""
    for axis in (0, 1):
        pads = [(1, 1) if axis == one else (0, 0) for one in range(3)]
        padded, length = jnp.pad(image, pads), image.shape[axis]
        image = reduce(best, (jnp.take(padded, jnp.arange(k, k + length), axis=axis) for k in range(3)))
    return image
