"""Verdicts from numbers alone."""

import numpy as np
import pytest

from verify.scanning.judging import judge
from verify.scanning.oracle import Truth

U = 2.0**-53
SMOOTH = Truth("smooth", 2.0, 0.0, 1.0, 2.0, 2.0, "mpmath, 50 digits")
KINK = Truth("kink", 0.0, 0.0, 1.0, -1.0, 1.0, "difference quotients in float64")
UNKNOWN = Truth("unknown", np.nan, np.inf, 0.0, np.nan, np.nan, "difference quotients in float64", "it jumps there")


def verdict(truth, wide, narrow=None, opinions=None, size=0.0):
    got = {"float64": wide, "float32": wide if narrow is None else narrow}
    found = judge(truth, got, size, opinions or {}, U)
    return None if found is None else (found.verdict, found.dtype)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (2.0, 2.0, None),
        (2.0 + 1e-12, 2.0, None),
        (2.0 + 1e-10, 2.0, ("imprecise", "float64")),
        (2.0, 2.0 + 1e-4, None),
        (2.0, 2.01, ("imprecise", "float32")),
        (2.01, 2.01, ("wrong", "float64")),
        (2.01, 1.7, ("imprecise", "float64")),  # other digits are lost in float32: cancellation, and no wrong formula
        (np.nan, 2.0, ("nan", "float64")),
        (2.0, np.inf, ("nan", "float32")),
    ],
)
def test_at_a_smooth_point(wide, narrow, expected):
    assert verdict(SMOOTH, wide, narrow) == expected


def test_quotients_do_not_judge_the_last_digits_of_float64_and_do_those_of_float32():
    quotients = SMOOTH._replace(error=1e-14, how="difference quotients in float64")
    assert verdict(quotients, 2.0 + 1e-6, 2.0) == ("inconclusive", "float64")
    assert verdict(quotients, 2.01, 1.7) == ("imprecise", "float64")
    assert verdict(quotients, 2.0, 2.01) == ("imprecise", "float32")


def test_what_cancels_may_be_lost():
    assert verdict(SMOOTH, 2.0 + 1e-10, size=1e3) is None


def test_a_derivative_that_the_dtype_cannot_hold_may_be_infinite():
    huge = SMOOTH._replace(value=1e300)
    assert verdict(huge, 1e300, np.inf) is None


@pytest.mark.parametrize(
    ("got", "why"),
    [
        (1.0, "a kink, where autodiff takes the larger slope"),
        (-1.0, "a kink, where autodiff takes the smaller slope"),
        (0.0, "a kink, where autodiff takes the middle of the slopes"),
        (0.3, "a kink, where autodiff takes a value between the slopes"),
        (2.0, "a kink, where autodiff is outside the one-sided slopes"),
        (np.nan, "a kink, where autodiff is not finite"),
    ],
)
def test_at_a_kink_the_convention_is_named(got, why):
    found = judge(KINK, {"float64": got}, 0.0, {}, U)
    assert (found.verdict, found.why) == ("convention", why)


def test_where_nothing_is_known_modes_that_agree_pass_and_others_stay_open():
    assert verdict(UNKNOWN, 1.0, opinions={"reverse": 1.0, "forward": 1.0}) is None
    assert verdict(UNKNOWN, 1.0, opinions={"reverse": 1.0, "forward": 1.5}) == ("inconclusive", "float64")
    assert verdict(UNKNOWN, np.nan, opinions={"reverse": np.nan, "forward": 1.5}) == ("inconclusive", "float64")
    assert verdict(UNKNOWN, np.nan, opinions={"reverse": np.nan, "forward": np.nan}) is None
