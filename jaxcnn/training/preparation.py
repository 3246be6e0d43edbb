"""From stored pixels to what a network takes, on the device."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jaxcnn._types import Array
from jaxcnn.training.augmentation import Augmentation, augmented


@dataclass(frozen=True)
class Preparation:
    """Scaling, and variation where keys are given.

    Attributes:
        low: what a pixel of 0 becomes.
        high: what a pixel of 255 becomes.
        augmentation: how images are varied.
    """

    low: float
    high: float
    augmentation: Augmentation

    def __call__(self, pixels: Array, keys: Array | None) -> Array:
        """Return inputs, (N, H, W, C) float32.

        Args:
            pixels: (N, H, W, C) uint8.
            keys: (N,), one random key per image; None for images as they are.
        """
        if keys is None or self.augmentation == Augmentation():
            return self.low + pixels.astype(jnp.float32) * ((self.high - self.low) / 255)
        unit = pixels.astype(jnp.float32) * (1 / 255)
        varied = jax.vmap(lambda key, image: augmented(self.augmentation, key, image))(keys, unit)
        return self.low + varied * (self.high - self.low)
