"""The derivatives of the activations, by hand.

Each acts entry by entry, y = f(x), so d_inputs = f'(x) g. The residual is always the primal x, never y: f' is then
accurate in both tails, where y has rounded to its limit and 1 - y would be 0.
"""

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.activation import (
    LECUN_AMPLITUDE,
    LECUN_FREQUENCY,
    LECUN_SLOPE,
    lecun_tanh,
    relu,
    sigmoid,
    tanh,
)


def relu_fwd(inputs: Array) -> tuple[Array, Residuals]:
    """Return relu(x) and the residual x."""
    return relu(inputs), inputs


# f(x) = max(x, 0) has f'(x) = 1 for x > 0 and 0 for x < 0. At the kink every value in [0, 1] is a generalised
# derivative; the convention here is f'(0) = 0. A NaN passes its cotangent on, so that it is not hidden.
def relu_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_inputs,) with d_inputs = 0 where x <= 0, g elsewhere."""
    return (jnp.where(residuals <= 0, jnp.zeros_like(cotangent), cotangent),)


def tanh_fwd(inputs: Array) -> tuple[Array, Residuals]:
    """Return tanh(x) and the residual x."""
    return tanh(inputs), inputs


# tanh = sinh / cosh, so f' = (cosh² - sinh²) / cosh² = 1 - tanh² = sech², which lies in (0, 1]. As a product,
#   sech²(x) = 4 / (eˣ + e⁻ˣ)² = 4 σ(2x) σ(-2x),
# it keeps its relative accuracy for large |x|, where 1 - tanh² cancels.
def tanh_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_inputs,) with d_inputs = sech²(x) g."""
    return (_sech_squared(residuals) * cotangent,)


def sigmoid_fwd(inputs: Array) -> tuple[Array, Residuals]:
    """Return σ(x) and the residual x."""
    return sigmoid(inputs), inputs


# σ = 1 / (1 + e⁻ˣ), so f' = e⁻ˣ / (1 + e⁻ˣ)² = σ(x) (1 - σ(x)), which lies in (0, 1/4]. Since
# 1 - σ(x) = σ(-x),
#   f'(x) = σ(x) σ(-x), a product without cancellation.
def sigmoid_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_inputs,) with d_inputs = σ(x) σ(-x) g."""
    return (lax.logistic(residuals) * lax.logistic(-residuals) * cotangent,)


def lecun_tanh_fwd(inputs: Array) -> tuple[Array, Residuals]:
    """Return 1.7159 tanh(2 x / 3) + 0.01 x and the residual x."""
    return lecun_tanh(inputs), inputs


# f(x) = A tanh(B x) + C x, so f'(x) = A B sech²(B x) + C, which lies in (C, A B + C].
def lecun_tanh_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_inputs,) with d_inputs = (A B sech²(B x) + C) g."""
    slope = LECUN_AMPLITUDE * LECUN_FREQUENCY * _sech_squared(LECUN_FREQUENCY * residuals) + LECUN_SLOPE
    return (slope * cotangent,)


def _sech_squared(x: Array) -> Array:
    return 4 * lax.logistic(2 * x) * lax.logistic(-2 * x)
