"""Numerical derivatives: the truth lies within the reported error, or there is no claim."""

import numpy as np
import pytest

from verify import richardson

SMOOTH = {
    "sin": (np.sin, np.cos),
    "exp": (np.exp, np.exp),
    "ninth power": (lambda x: x**9, lambda x: 9 * x**8),
    "logarithm of 1 + x^2": (lambda x: np.log1p(x**2), lambda x: 2 * x / (1 + x**2)),
    "straight line": (lambda x: 3 * x - 1, lambda x: 3.0),
    "constant": (lambda x: 2.5, lambda x: 0.0),
}


def settle(f, x, unit=1.0):
    """Return the estimate of the derivative of `f` at `x`, with steps in units of `unit`."""
    with np.errstate(all="ignore"):
        base, h = f(np.float64(x)), richardson.STEPS
        right = np.asarray([(f(x + t * unit) - base) / t for t in h])
        left = np.asarray([(base - f(x - t * unit)) / t for t in h])
        central, scale = (right + left) / 2, float(abs(base) + abs(right[-1]))
    return richardson.settle(central, right, left, scale)


@pytest.mark.parametrize("x", [-3.0, -0.7, 1e-3, 0.25, 1.0, 3.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_at_a_smooth_point_the_truth_lies_within_the_reported_error(name, x):
    function, derivative = SMOOTH[name]
    estimate = settle(function, x)
    assert estimate.kind == "smooth"
    assert abs(estimate.value - derivative(x)) <= estimate.error
    assert estimate.error <= 1e-6 * (1 + abs(derivative(x)))


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("name", ["sin", "exp", "ninth power"])
def test_the_error_scales_with_the_function(name, scale):
    function, derivative = SMOOTH[name]
    estimate = settle(lambda x: scale * function(x), 0.7)
    assert estimate.kind == "smooth"
    assert abs(estimate.value - scale * derivative(0.7)) <= estimate.error <= 1e-8 * scale


@pytest.mark.parametrize("x", [1e-6, 1e-3, 1e3], ids=str)
def test_steps_relative_to_the_point_measure_a_power_at_its_own_scale(x):
    estimate = settle(lambda t: t**-2, x, unit=x)
    assert estimate.kind == "smooth"
    truth = -2 * x**-3 * x
    assert abs(estimate.value - truth) <= estimate.error <= 1e-6 * abs(truth)


@pytest.mark.parametrize(
    ("function", "low", "high"),
    [
        (abs, -1.0, 1.0),
        (lambda x: max(x, 0.0), 0.0, 1.0),
        (lambda x: min(x, 2 * x), 1.0, 2.0),
        (lambda x: np.sin(x) + 0.01 * abs(x), 0.99, 1.01),
    ],
    ids=["|x|", "relu", "min", "slight kink"],
)
def test_at_a_kink_the_one_sided_slopes_are_told_apart(function, low, high):
    estimate = settle(function, 0.0)
    assert estimate.kind == "kink"
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=1e-6)
    assert settle(function, 0.5).kind == "smooth"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: float(x > 0), "do not|not finite|one-sided"),
        (lambda x: np.sin(x) + 1e-3 * float(x >= 0), "do not|not finite|one-sided"),
        (np.sqrt, "not finite|one side"),
        (np.log, "not finite"),
        (np.cbrt, "do not|not finite"),
        (lambda x: np.nan, "the primal is not finite around this point"),
        (lambda x: x if x >= 0 else np.nan, "the primal is defined on one side only"),
        (lambda x: 1 / x, "not finite"),
    ],
    ids=["jump", "small jump", "square root", "logarithm", "cube root", "NaN", "one side", "pole"],
)
def test_where_there_is_no_derivative_no_claim_is_made(function, reason):
    estimate = settle(function, 0.0)
    assert estimate.kind == "unsettled"
    assert estimate.error == np.inf
    assert any(part in estimate.reason for part in reason.split("|"))


@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-6, 1e-3])
def test_noise_gives_no_claim_or_an_error_that_covers_the_truth(size):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        estimate = settle(lambda x, rng=rng: np.sin(x) + size * rng.uniform(-1, 1), 0.7)
        # one draw in a few hundred may agree with itself by chance; 32 times the error is what the numbers law allows
        assert estimate.kind == "unsettled" or abs(estimate.value - np.cos(0.7)) <= 32 * estimate.error


def test_a_function_in_single_precision_gives_no_claim_finer_than_its_rounding():
    estimate = settle(lambda x: np.float64(np.sin(np.float32(x))), 0.7)
    assert estimate.kind != "smooth" or abs(estimate.value - np.cos(0.7)) <= 32 * estimate.error
