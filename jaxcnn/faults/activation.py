"""Wrong derivatives of the activations."""

from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array, Residuals
from jaxcnn.faults.fault import Fault, as_float32, negated, spoil
from jaxcnn.ops.activation import LECUN_AMPLITUDE, LECUN_SLOPE
from jaxcnn.rules.activation import lecun_tanh_bwd, sigmoid_bwd, tanh_bwd


def _relu_below(_: Array, x: Residuals, g: Array) -> Array:
    return jnp.where(x < 0, g, jnp.zeros_like(g))


def _relu_everywhere(_: Array, __: Residuals, g: Array) -> Array:
    return g


def _relu_above_one(_: Array, x: Residuals, g: Array) -> Array:
    return jnp.where(x > 1, g, jnp.zeros_like(g))


def _tanh_of_output(_: Array, x: Residuals, g: Array) -> Array:
    return tanh_bwd(jnp.tanh(x), g)[0]


def _tanh_not_squared(_: Array, x: Residuals, g: Array) -> Array:
    return (1 - jnp.tanh(x)) * g


def _tanh_detached(_: Array, x: Residuals, g: Array) -> Array:
    return tanh_bwd(lax.stop_gradient(x), g)[0]


def _sigmoid_of_output(_: Array, x: Residuals, g: Array) -> Array:
    return sigmoid_bwd(lax.logistic(x), g)[0]


def _sigmoid_one_factor(_: Array, x: Residuals, g: Array) -> Array:
    return lax.logistic(x) * g


def _sigmoid_clipped(_: Array, x: Residuals, g: Array) -> Array:
    return sigmoid_bwd(x, jnp.clip(g, -1, 1))[0]


def _lecun_without_slope(right: Array, _: Residuals, g: Array) -> Array:
    return right - LECUN_SLOPE * g


def _lecun_without_frequency(_: Array, x: Residuals, g: Array) -> Array:
    # A sech²(B x) + C: the inner derivative B is forgotten.
    return (LECUN_AMPLITUDE * (1 - jnp.tanh(2 / 3 * x) ** 2) + LECUN_SLOPE) * g


def _lecun_detached(_: Array, x: Residuals, g: Array) -> Array:
    return lecun_tanh_bwd(lax.stop_gradient(x), g)[0]


def _fault(rule: str, name: str, description: str, change: Any, shows_in: Any = "values") -> Fault:
    return Fault(f"{rule}_{name}", rule, "inputs", description, spoil(0, change), shows_in)


# fmt: off
ACTIVATION_FAULTS = (
    _fault("relu",       "wrong_side",        "The gradient flows where x < 0.", _relu_below),
    _fault("relu",       "everywhere",        "The gradient flows everywhere.", _relu_everywhere),
    _fault("relu",       "threshold",         "The threshold is 1 where it should be 0.", _relu_above_one),
    _fault("relu",       "float32",           "It is float32 for half-precision inputs.", as_float32, "dtype"),
    _fault("tanh",       "of_output",         "f'(f(x)) stands for f'(x).", _tanh_of_output),
    _fault("tanh",       "not_squared",       "1 - tanh(x) stands for 1 - tanh²(x).", _tanh_not_squared),
    _fault("tanh",       "detached",          "The inputs count as constants in f'.", _tanh_detached, "second order"),
    _fault("sigmoid",    "of_output",         "f'(f(x)) stands for f'(x).", _sigmoid_of_output),
    _fault("sigmoid",    "one_factor",        "f(x) stands for f(x) (1 - f(x)).", _sigmoid_one_factor),
    _fault("sigmoid",    "clipped",           "The cotangent is clipped to [-1, 1].", _sigmoid_clipped),
    _fault("lecun_tanh", "without_slope",     "The term 0.01 is forgotten.", _lecun_without_slope),
    _fault("lecun_tanh", "without_frequency", "The inner derivative 2 / 3 is forgotten.", _lecun_without_frequency),
    _fault("lecun_tanh", "sign",              "The sign is flipped.", negated),
    _fault("lecun_tanh", "detached",          "The inputs count as constants in f'.", _lecun_detached, "second order"),
)
# fmt: on
