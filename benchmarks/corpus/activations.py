"""Elementwise activations."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import lax

from ._pair import Pair, jvp, leading, normal, rows, save, slope_jvp, slope_vjp, vjp

Array = jax.Array
X = normal((4, 6), seed=1)
C = math.sqrt(2 / math.pi)


def relu(x: Array) -> Array:
    """max(x, 0)."""
    return jnp.maximum(x, 0)


def relu6(x: Array) -> Array:
    """max(x, 0) cut at 6."""
    return jnp.minimum(jnp.maximum(x, 0), 6)


def leaky_relu(x: Array) -> Array:
    """x, or a tenth of it on the left."""
    return jnp.where(x >= 0, x, 0.1 * x)


def prelu(x: Array, a: Array) -> Array:
    """Leaky relu with one learned slope for each channel (last axis)."""
    return jnp.where(x >= 0, x, x * rows(a, x))


def prelu_right(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Sums the slopes' gradient over every other axis."""
    x, a = res
    da = jnp.sum(jnp.where(x >= 0, 0, g * x), axis=leading(x))
    return jnp.where(x >= 0, g, g * rows(a, x)), da


def prelu_wrong(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
    """Sums over the first axis alone."""
    x, a = res
    da = jnp.where(x >= 0, 0, g * x).sum(0)
    return jnp.where(x >= 0, g, g * rows(a, x)), da


def gelu_tanh(x: Array) -> Array:
    """The tanh form of gelu."""
    return 0.5 * x * (1 + jnp.tanh(C * (x + 0.044715 * x * x * x)))


def gelu_tanh_slope(inner: float, cubic: float = 0.044715) -> jax.typing.ArrayLike:
    """Its slope, where `inner` weighs the derivative of the cubic term."""

    def slope(x: Array) -> Array:
        x = jnp.clip(x, -12, 12)
        t = jnp.tanh(C * (x + cubic * x * x * x))
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * C * (1 + inner * x * x)

    return slope


def gelu(x: Array) -> Array:
    """Gelu by the normal distribution function."""
    return x * 0.5 * lax.erfc(-x * math.sqrt(0.5))


def gelu_slope(x: Array) -> Array:
    """cdf + x * pdf."""
    x = jnp.clip(x, -40, 40)
    return 0.5 * lax.erfc(-x * math.sqrt(0.5)) + x * jnp.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def silu(x: Array) -> Array:
    """x * sigmoid(x)."""
    return x * jax.nn.sigmoid(x)


def silu_slope(x: Array) -> Array:
    """s * (1 + x * (1 - s))."""
    s = jax.nn.sigmoid(x)
    return s * (1 + x * jax.nn.sigmoid(-x))


def silu_slope_by_exp(x: Array) -> Array:
    """The textbook quotient; exp(-x) overflows."""
    e = jnp.exp(-x)
    return (1 + e + x * e) / ((1 + e) * (1 + e))


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return jnp.logaddexp(x, jnp.zeros_like(x))


def softplus2(x: Array) -> Array:
    """Softplus with beta = 2."""
    return softplus(2 * x) / 2


def elu(x: Array) -> Array:
    """x, or exp(x) - 1 on the left."""
    return jnp.where(x > 0, x, jnp.expm1(jnp.where(x > 0, 0, x)))


def elu_alpha(x: Array) -> Array:
    """Elu with alpha = 1.7."""
    return jnp.where(x > 0, x, 1.7 * jnp.expm1(jnp.where(x > 0, 0, x)))


def hard_tanh(x: Array) -> Array:
    """x cut to [-1, 1]."""
    return jnp.maximum(jnp.minimum(x, 1), -1)


def softsign(x: Array) -> Array:
    """x / (1 + |x|)."""
    return x / (1 + jnp.abs(x))


def from_output(f: object, factor: object, stop: bool) -> object:
    """A backward pass that uses the saved output; `stop` hides its dependence on the input."""

    def forward(x: Array) -> tuple[Array, Array]:
        y = f(x)  # type: ignore[operator]
        return y, lax.stop_gradient(y) if stop else y

    return vjp(f, forward, lambda y, g: (g * factor(y),))  # type: ignore[arg-type, operator]


def sigmoid_jvp(stop: bool) -> object:
    """custom_jvp of the sigmoid by its output."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        y = jax.nn.sigmoid(primals[0])
        r = lax.stop_gradient(y) if stop else y
        return y, tangents[0] * r * (1 - r)

    return jvp(jax.nn.sigmoid, rule)


def step(x: Array, where: Array) -> Array:
    """One where the condition holds, else zero."""
    return jnp.where(where, jnp.ones_like(x), jnp.zeros_like(x))


PAIRS = (
    Pair("relu_ratio", "relu", "zero-over-zero", slope_vjp(relu, lambda x: step(x, x > 0)),
         slope_vjp(relu, lambda x: relu(x) / x), X, True, "the slope is taken as y / x, NaN at x = 0", "nan", relu),
    Pair("relu6_upper", "relu", "missing-branch", slope_vjp(relu6, lambda x: step(x, (x > 0) & (x < 6))),
         slope_vjp(relu6, lambda x: step(x, x > 0)), X, True, "the gradient is not cut above 6", None, relu6),
    Pair("leaky_relu_side", "leaky-relu", "wrong-side",
         slope_vjp(leaky_relu, lambda x: jnp.where(x >= 0, jnp.ones_like(x), 0.1)),
         slope_vjp(leaky_relu, lambda x: jnp.where(x >= 0, jnp.full_like(x, 0.1), 1)), X, False,
         "the small slope is on the positive side", "wrong-side", leaky_relu),
    Pair("prelu_axes", "leaky-relu", "rank-2-only", vjp(prelu, save(prelu), prelu_right),
         vjp(prelu, save(prelu), prelu_wrong), normal((5, 3), (3,), seed=2), True,
         "the slope's gradient is summed over axis 0 alone, right for rank 2 only", "sum-over-axis", prelu),
    Pair("gelu_tanh_chain", "gelu", "forgotten-chain-factor",
         slope_vjp(gelu_tanh, gelu_tanh_slope(3 * 0.044715)), slope_vjp(gelu_tanh, gelu_tanh_slope(0.0)), X, False,
         "the derivative of the cubic term inside tanh is left out", None, gelu_tanh),
    Pair("gelu_tanh_digits", "gelu", "mistyped-constant", slope_jvp(gelu_tanh, gelu_tanh_slope(3 * 0.044715)),
         slope_jvp(gelu_tanh, gelu_tanh_slope(3 * 0.044175, 0.044175)), X, False,
         "the rule has 0.044175 in place of 0.044715", None, gelu_tanh, "jvp"),
    Pair("gelu_mixed", "gelu", "approximation-mismatch", slope_vjp(gelu, gelu_slope),
         slope_vjp(gelu, gelu_tanh_slope(3 * 0.044715)), X, False,
         "the exact gelu is given the slope of its tanh approximation", None, gelu),
    Pair("silu_output", "silu", "derivative-at-output", slope_jvp(silu, silu_slope),
         slope_jvp(silu, lambda x: silu_slope(silu(x))), X, False,
         "the slope is evaluated at the output", "derivative-at-output", silu, "jvp"),
    Pair("silu_exp", "silu", "overflow", slope_vjp(silu, silu_slope), slope_vjp(silu, silu_slope_by_exp), X, True,
         "exp(-x) overflows for x below -88: inf / inf", "overflow", silu),
    Pair("softplus_exp", "softplus", "overflow", slope_vjp(softplus, jax.nn.sigmoid),
         slope_vjp(softplus, lambda x: jnp.exp(x) / (1 + jnp.exp(x))), X, True,
         "exp(x) / (1 + exp(x)) is inf / inf for large x", "overflow", softplus),
    Pair("softplus_beta", "softplus", "constant-factor", slope_vjp(softplus2, lambda x: jax.nn.sigmoid(2 * x)),
         slope_vjp(softplus2, lambda x: 2 * jax.nn.sigmoid(2 * x)), X, False,
         "the 1 / beta of the primal is forgotten", "constant-factor", softplus2),
    Pair("elu_where", "elu", "second-order-nan",
         slope_vjp(elu, lambda x: jnp.where(x > 0, 1, jnp.exp(jnp.minimum(x, 0)))),
         slope_vjp(elu, lambda x: jnp.where(x > 0, 1, jnp.exp(x))), X, True,
         "the unused exp(x) overflows for large x: the second derivative is 0 * inf", "nan", elu),
    Pair("elu_alpha", "elu", "parameter-dropped",
         slope_vjp(elu_alpha, lambda x: jnp.where(x > 0, 1, 1.7 * jnp.exp(jnp.minimum(x, 0)))),
         slope_vjp(elu_alpha, lambda x: jnp.where(x > 0, 1, jnp.exp(jnp.minimum(x, 0)))), X, False,
         "the slope on the left lacks alpha", None, elu_alpha),
    Pair("hard_tanh_outside", "hard-tanh", "wrong-side", slope_vjp(hard_tanh, lambda x: step(x, jnp.abs(x) < 1)),
         slope_vjp(hard_tanh, lambda x: step(x, jnp.abs(x) > 1)), X, False,
         "the gradient passes where the function is cut", "wrong-side", hard_tanh),
    Pair("softsign_negative", "softsign", "negative-inputs",
         slope_jvp(softsign, lambda x: 1 / jnp.square(1 + jnp.abs(x))),
         slope_jvp(softsign, lambda x: 1 / jnp.square(1 + x)), X, False,
         "the absolute value is dropped: wrong for negative inputs", None, softsign, "jvp"),
    Pair("tanh_output", "tanh", "derivative-at-output",
         slope_jvp(jnp.tanh, lambda x: 1 - jnp.square(jnp.tanh(x))),
         slope_jvp(jnp.tanh, lambda x: 1 - jnp.square(jnp.tanh(jnp.tanh(x)))), X, False,
         "tanh is applied to the saved output once more", "derivative-at-output", jnp.tanh, "jvp"),
    Pair("tanh_stopped", "tanh", "second-order", from_output(jnp.tanh, lambda y: 1 - y * y, False),
         from_output(jnp.tanh, lambda y: 1 - y * y, True), X, True,
         "the saved output is cut off from the input: the second derivative is zero", "second-order", jnp.tanh),
    Pair("sigmoid_sign", "sigmoid", "sign", from_output(jax.nn.sigmoid, lambda y: y * (1 - y), False),
         from_output(jax.nn.sigmoid, lambda y: y * (y - 1), False), X, False,
         "y * (y - 1) in place of y * (1 - y)", "sign", jax.nn.sigmoid),
    Pair("sigmoid_stopped", "sigmoid", "second-order", sigmoid_jvp(False), sigmoid_jvp(True), X, True,
         "the tangent uses a stopped output: second order is lost", "second-order", jax.nn.sigmoid, "jvp"),
)
