"""The activations, entry by entry; none carries a derivative rule of its own."""

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array

# LeCun's scaled tanh: f(1) is close to 1 and f(-1) to -1, so that outputs keep unit variance where inputs have it;
# the small slope keeps the derivative away from zero. Source: LeCun et al., Efficient BackProp, 1998, section 4.4.
LECUN_AMPLITUDE = 1.7159
LECUN_FREQUENCY = 2 / 3
LECUN_SLOPE = 0.01


def relu(inputs: Array) -> Array:
    """Return max(x, 0) for every entry x of `inputs` (any shape), NaN for NaN."""
    # Not jnp.maximum, whose derivative at a tie is 1/2: here autodiff finds relu'(0) = 0, the convention of the field.
    return jnp.where(inputs <= 0, jnp.zeros_like(inputs), inputs)


def tanh(inputs: Array) -> Array:
    """Return (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ) for every entry x of `inputs` (any shape)."""
    return jnp.tanh(inputs)


def sigmoid(inputs: Array) -> Array:
    """Return σ(x) = 1 / (1 + e⁻ˣ) for every entry x of `inputs` (any shape), without overflow at either end."""
    return lax.logistic(inputs)


def lecun_tanh(inputs: Array) -> Array:
    """Return 1.7159 tanh(2 x / 3) + 0.01 x for every entry x of `inputs` (any shape)."""
    return LECUN_AMPLITUDE * jnp.tanh(LECUN_FREQUENCY * inputs) + LECUN_SLOPE * inputs
