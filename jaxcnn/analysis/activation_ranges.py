"""The range of an activation's derivative: as its formula says, and as differences of the activation itself find it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._types import Array
from jaxcnn.ops.activation import LECUN_AMPLITUDE, LECUN_FREQUENCY, LECUN_SLOPE
from jaxcnn.rules import RULES

REACH = 40.0  # float64 tells tanh(x) from 1 up to 19, the logistic function up to 37
POINTS = 8001  # a hundredth apart, and 0 is one of them


@dataclass(frozen=True)
class Range:
    """Where a derivative lies.

    Attributes:
        low: the infimum.
        high: the supremum.
        attained: whether each is a value of the derivative.
    """

    low: float
    high: float
    attained: tuple[bool, bool]

    def __str__(self) -> str:
        """Return the interval, such as (0, 0.25]."""
        left, right = ("([", ")]")
        return f"{left[self.attained[0]]}{self.low:.6g}, {self.high:.6g}{right[self.attained[1]]}"


# From the derivations in `jaxcnn.rules.activation`.
EXACT: Mapping[str, Range] = MappingProxyType(
    {
        "relu": Range(0.0, 1.0, (True, True)),
        "tanh": Range(0.0, 1.0, (False, True)),
        "sigmoid": Range(0.0, 0.25, (False, True)),
        "lecun_tanh": Range(LECUN_SLOPE, LECUN_AMPLITUDE * LECUN_FREQUENCY + LECUN_SLOPE, (False, True)),
    }
)


@dataclass(frozen=True)
class FoundRange:
    """What was found at `POINTS` points of [-REACH, REACH], in float64.

    Attributes:
        by_differences: the smallest and the largest difference quotient of the activation, over two small steps.
        by_rule: the smallest and the largest value of the hand-derived derivative.
        error: of the quotients, at most: truncation and rounding.
    """

    by_differences: tuple[float, float]
    by_rule: tuple[float, float]
    error: float

    def agrees_with(self, exact: Range) -> bool:
        """Whether both ends were found by differences and by the rule, and no value outside them."""
        near = np.allclose(self.by_differences, (exact.low, exact.high), rtol=0, atol=self.error)
        same = np.allclose(self.by_rule, (exact.low, exact.high), rtol=1e-12, atol=1e-15)
        inside = exact.low <= self.by_rule[0] and self.by_rule[1] <= exact.high * (1 + 1e-15)
        return bool(near and same and inside)


def found_range(name: str) -> FoundRange:
    """Return the range of the derivative of "relu", "tanh", "sigmoid" or "lecun_tanh", found numerically.

    Raises:
        ValueError: if there is no activation of that name.
    """
    if name not in EXACT:
        raise ValueError(f"`name` must be one of {', '.join(EXACT)}; got {name!r}.")
    with jax.enable_x64(True):
        x = jnp.linspace(-REACH, REACH, POINTS, dtype=jnp.float64)
        # The third derivatives are below 2 A B³ < 2, so a step h is off by h² / 3 at most, and by two roundings of
        # values of at most REACH divided by 2 h.
        step = 1e-4
        quotients = np.asarray((_values(name, x + step) - _values(name, x - step)) / (2 * step))
        rule = RULES[name]
        _, residuals = rule.forward(x)
        slopes = np.asarray(rule.backward(residuals, jnp.ones_like(x))[0])
    if name == "relu":
        quotients = quotients[np.abs(np.asarray(x)) > step]  # across the kink they are neither slope
    error = step**2 / 3 + 2 * REACH * math.ulp(1.0) / step
    return FoundRange((quotients.min(), quotients.max()), (slopes.min(), slopes.max()), error)


def _values(name: str, x: Array) -> Array:
    return RULES[name].primal(x)
