"""The verdict on one derivative at one item, given what is right there.

An error counts beyond 2^12 units of roundoff of what the derivative and its conditioning allow: twelve bits lost. It is
`wrong` when a part in a thousand is missing in float64 and float32 says the same (a formula is wrong in both alike),
and `imprecise` when it is not (cancellation loses other digits in other dtypes).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from verify import _precision
from verify.scanning.oracle import Truth

LOST = 2.0**12
_WRONG = 1e-3
_COARSE = 2.0**-13  # relative: half of the digits that quotients have, which a cancellation inside may cost unseen
_TOO_COARSE = "difference quotients are too coarse a judge of these digits"
_BOUNDARY = "the point lies at the boundary of the domain"


class Verdict(NamedTuple):
    """A verdict, the dtype it was seen in, what is expected and how that is known, and why."""

    verdict: str
    dtype: str
    got: float
    expected: str
    how: str
    why: str


def judge(truth: Truth, got: dict[str, float], size: float, opinions: dict[str, float], unit: float) -> Verdict | None:
    """Judge one mode's derivative in each dtype; None where nothing is amiss.

    Args:
        truth: what is right.
        got: by dtype, "float64" before "float32".
        size: what may cancel to give this derivative: the largest cotangent, and the value over the length scale.
        opinions: what the other modes say in float64.
        unit: the roundoff that the function computes with in float64, coarser where it casts down within.
    """
    for dtype in ("float64", "float32"):
        if dtype in got and (found := _one(truth, dtype, got, size, opinions, unit)) is not None:
            return found
    return None


def _one(
    truth: Truth, dtype: str, got: dict[str, float], size: float, opinions: dict[str, float], unit: float
) -> Verdict | None:
    here = got[dtype]
    if truth.kind == "smooth":
        return _at_smooth(truth, dtype, got, size, max(unit, _precision.unit_roundoff(dtype)))
    if truth.kind in ("kink", "boundary"):
        return _by_convention(truth, dtype, here)
    known = [value for value in opinions.values() if np.isfinite(value)]
    apart = [v for v in known if dtype == "float64" and abs(here - v) > _WRONG * (abs(here) + abs(v))]
    others = apart if np.isfinite(here) else known
    if not others:
        return None
    return Verdict("inconclusive", dtype, here, f"{others[0]:.9g} (another mode)", truth.how, truth.reason)


def _at_smooth(truth: Truth, dtype: str, got: dict[str, float], size: float, unit: float) -> Verdict | None:
    here, expected = got[dtype], f"{truth.value:.17g}" if truth.error == 0 else f"{truth.value:.9g}"
    if not np.isfinite(here):
        if abs(truth.value) > _precision.largest(dtype) / 4:
            return None
        return Verdict("nan", dtype, here, expected, truth.how, "")
    scale = abs(truth.value) + truth.spread
    allowed = LOST * (unit * (scale + size) + _precision.smallest_normal(dtype)) + 8 * truth.error
    error = abs(here - truth.value)
    if error <= allowed:
        return None
    narrow = got.get("float32", np.nan)
    alike = dtype == "float64" and (not np.isfinite(narrow) or abs(narrow - here) < error / 2)
    if alike and error > _WRONG * scale:
        return Verdict("wrong", dtype, here, expected, truth.how, "")
    if dtype == "float64" and truth.error > 0 and error <= _COARSE * scale:
        return Verdict("inconclusive", dtype, here, expected, truth.how, _TOO_COARSE)
    ulps = error / (2 * unit * max(abs(truth.value), _precision.smallest_normal(dtype)))
    return Verdict("imprecise", dtype, here, expected, truth.how, f"off by {ulps:.2g} units in the last place")


def _by_convention(truth: Truth, dtype: str, here: float) -> Verdict | None:
    if truth.kind == "boundary":
        if np.isnan(here):
            return Verdict("convention", dtype, here, "a one-sided derivative", truth.how, _BOUNDARY)
        return None
    between = f"between {truth.low:.9g} and {truth.high:.9g}"
    slack = 1e-3 * (abs(truth.low) + abs(truth.high)) + 1e-6
    if not np.isfinite(here):
        why = "a kink, where autodiff is not finite"
    elif truth.low - slack <= here <= truth.high + slack:
        why = f"a kink, where autodiff takes {_share(truth, here)}"
    else:
        why = "a kink, where autodiff is outside the one-sided slopes"
    return Verdict("convention", dtype, here, between, truth.how, why)


def _share(truth: Truth, here: float) -> str:
    share = (here - truth.low) / (truth.high - truth.low)
    if share < 0.01:
        return "the smaller slope"
    if share > 0.99:
        return "the larger slope"
    return "the middle of the slopes" if abs(share - 0.5) < 0.01 else "a value between the slopes"
