"""At a kink the rule chooses; away from it, it does not. Where autodiff is wrong, the numbers decide."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def codes(report):
    return {f.diagnosis.code for f in report.passed if f.law == "agreement" and f.diagnosis is not None}


def relu(x):
    return jnp.maximum(x, 0)


def signed_square(x):
    """x |x|, of slope 2 |x|: autodiff of the root is NaN at zero."""
    return x * jnp.sqrt(x * x)


def norm(x):
    return jnp.sqrt(jnp.sum(x * x))


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_any_slope_of_relu_at_zero_is_accepted_and_named_where_it_is_not_autodiffs(with_rule, slope):
    report = check_here(
        with_rule(relu, lambda x, g: (g * jnp.where(x > 0, 1, jnp.where(x == 0, slope, 0)).astype(g.dtype),)), X
    )
    assert report.ok, str(report)
    assert codes(report) == (set() if slope == 0.5 else {"convention"})


@pytest.mark.parametrize("slope", [-0.25, 1.25])
def test_a_slope_of_relu_at_zero_beyond_its_sides_is_rejected(with_rule, failed, slope):
    backward = lambda x, g: (g * jnp.where(x > 0, 1, jnp.where(x == 0, slope, 0)).astype(g.dtype),)  # noqa: E731
    assert ("agreement", "x") in failed(check_here(with_rule(relu, backward), X))


@pytest.mark.parametrize(
    ("primal", "backward"),
    [
        (signed_square, lambda x, g: (2 * g * jnp.abs(x),)),
        (norm, lambda x, g: (jnp.where(norm(x) == 0, 0, g * x / jnp.where(norm(x) == 0, 1, norm(x))),)),
    ],
    ids=["x |x|", "norm"],
)
def test_a_rule_that_is_right_where_autodiff_of_its_primal_is_nan_does_not_fail(with_rule, primal, backward):
    assert np.isnan(jax.grad(lambda x: jnp.sum(primal(x)))(jnp.zeros(3))).all()
    report = check_here(with_rule(primal, backward), X)
    assert report.ok, str(report)
    told = codes(report) | {finding.diagnosis.code for finding in report.inconclusive}
    assert told & {"autodiff-inaccurate", "convention", "inconclusive"}


def test_a_rule_that_is_wrong_where_autodiff_is_nan_fails(with_rule, failed):
    report = check_here(with_rule(signed_square, lambda x, g: (g * jnp.where(x == 0, 3, 2 * jnp.abs(x)),)), X)
    assert ("agreement", "x") in failed(report)
    (finding,) = (f for f in report.failures if f.law == "agreement")
    assert abs(finding.expected) < 1e-3
