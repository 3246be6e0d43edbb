"""Other greys: softer or harder edges, paper that is not black and ink that is not white."""

import math

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Key


def shaded(image: Array, gamma: float, fade: float, key: Key) -> Array:
    """Return an image, pixels from 0 to 1, with greys to some power and then between two other ends.

    Args:
        image: of any shape.
        gamma: 0.5 for powers from 1 / 1.5 to 1.5.
        fade: the most by which the darkest may be brighter than 0, and the brightest darker than 1.
        key: a JAX random key.
    """
    power, dark, bright = jax.random.uniform(key, (3,))
    if gamma:
        image = image ** jnp.exp((2 * power - 1) * math.log1p(gamma))
    low, high = fade * dark, 1 - fade * bright
    return low + (high - low) * image
