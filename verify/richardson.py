"""Numerical differentiation in float64: Richardson-extrapolated central differences with an error estimate.

For phi(t) = <w, f(x + t v)> and steps h_k = 2^-4 4^-k, central differences C_k = phi'(0) + a h_k^2 + b h_k^4 + ... ;
one extrapolation (16 C_{k+1} - C_k) / 15 removes a. One-sided differences R_k, L_k tell a kink (they stay apart) from
a smooth point (they meet). An estimate counts only if the finest steps agree with it: coarse steps can agree by
chance on either side of a jump.

Source: L. F. Richardson (1911); C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75-76.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

RATIO = 4.0
STEPS = 2.0 ** -np.arange(4.0, 20.0, 2.0)  # exact powers of two: t and x + t v lose no bits to the step itself
_EPS = float(np.finfo(np.float64).eps)


def step_scale(x: np.ndarray) -> np.ndarray:
    """The length that the steps are fractions of, entry by entry: the point's own size where that is below one.

    Above 2^10 it grows again, so that the finest step stays far above the spacing of the floating point numbers there.
    """
    size = np.abs(np.asarray(x, np.float64))
    return np.where((size > 0) & (size < 1), size, np.maximum(1.0, size * 2.0**-10))


class Differences(NamedTuple):
    """Per item and step: central, right and left difference quotients of phi; `scale` is sum |w| (|f| + |t v f'|)."""

    central: np.ndarray
    right: np.ndarray
    left: np.ndarray
    scale: np.ndarray


class Estimate(NamedTuple):
    """A directional derivative by numbers.

    `kind` is "smooth" (`value` +- `error` holds), "kink" (the one-sided slopes `low` <= `high` differ) or "unsettled"
    (no claim; `reason` says why).
    """

    kind: str
    value: float
    error: float
    low: float
    high: float
    reason: str


@np.errstate(invalid="ignore", over="ignore")  # infinite quotients are judged below, not warned about
def settle(central: np.ndarray, right: np.ndarray, left: np.ndarray, scale: float, unit: float = _EPS / 2) -> Estimate:
    """Judge one item's difference quotients, coarse to fine; `unit` is the roundoff that the primal computes with."""
    noise = 8 * unit * scale / STEPS
    right_value, right_error = _one_sided(right, noise)
    left_value, left_error = _one_sided(left, noise)
    low, high = min(right_value, left_value), max(right_value, left_value)
    if not np.isfinite(central[-3:]).all():
        if np.isfinite(right_value) != np.isfinite(left_value):
            return Estimate("unsettled", np.nan, np.inf, low, high, "the primal is defined on one side only")
        return Estimate("unsettled", np.nan, np.inf, low, high, "the primal is not finite around this point")
    value, error = _extrapolated(central, noise)
    if np.isfinite([right_value, left_value]).all():
        gap = abs(right_value - left_value)
        if gap > 8 * (right_error + left_error) and gap > 1e-3 * max(abs(right_value), abs(left_value)):
            return Estimate("kink", value, right_error + left_error, low, high, "the one-sided slopes differ")
    finest = (RATIO**2 * central[-1] - central[-2]) / (RATIO**2 - 1)
    if not np.isfinite(error) or abs(finest - value) > 4 * (error + noise[-1] + noise[-2]):
        return Estimate("unsettled", value, np.inf, low, high, "difference quotients do not agree at the finest steps")
    if np.isfinite([right_value, left_value]).all() and abs(right_value - left_value) > max(
        1e-3 * abs(value), 64 * (right_error + left_error)
    ):
        return Estimate("unsettled", value, np.inf, low, high, "one-sided slopes do not meet")
    return Estimate("smooth", value, error, low, high, "")


def _extrapolated(quotients: np.ndarray, noise: np.ndarray) -> tuple[float, float]:
    """The extrapolated value with the smallest error estimate, and that estimate."""
    first = (RATIO**2 * quotients[1:] - quotients[:-1]) / (RATIO**2 - 1)
    errors = np.abs(np.diff(first)) + noise[2:]
    errors = np.where(np.isfinite(errors), errors, np.inf)
    best = int(np.argmin(errors))
    return float(first[best + 1]), float(errors[best])


def _one_sided(quotients: np.ndarray, noise: np.ndarray) -> tuple[float, float]:
    """A one-sided slope: error is O(h), so extrapolate with ratio 4 once and take the finest two."""
    first = (RATIO * quotients[1:] - quotients[:-1]) / (RATIO - 1)
    if not np.isfinite(first[-2:]).all():
        return float("nan"), float("inf")
    return float(first[-1]), float(abs(first[-1] - first[-2]) + noise[-1])
