"""A rule that differs on purpose from a primal that is constant almost everywhere is neither accepted nor rejected."""

import jax.numpy as jnp
import numpy as np
import pytest

import verify

X = np.asarray([0.5, -1.25, 2.0], np.float32)
HERE = verify.Domain(vary_shape=False)


def told(report):
    return {f.diagnosis.code for f in report.inconclusive}


@pytest.mark.parametrize(
    ("backward", "code"),
    [
        (lambda x, g: (g,), "straight-through"),
        (lambda x, g: (jnp.where(jnp.abs(x) <= 1, g, 0 * g),), "straight-through"),
        (lambda x, g: (g / (1 + x * x),), "surrogate"),
    ],
    ids=["the cotangent", "the cotangent, masked", "a smooth stand-in"],
)
def test_a_surrogate_of_rounding_is_left_open_and_named(with_rule, backward, code):
    report = verify.check_rule(with_rule(lambda x: jnp.round(x), backward), X, domain=HERE)
    assert report.ok
    assert told(report) == {code}
    assert not [f for f in report.passed if f.law == "agreement"]


def test_the_structure_of_a_surrogate_is_still_checked(with_rule, failed):
    clipped = with_rule(lambda x: jnp.round(x), lambda x, g: (jnp.clip(g, -1, 1),))
    assert ("linear in the cotangent", "x") in failed(verify.check_rule(clipped, X, domain=HERE))


def test_the_derivative_itself_is_accepted(with_rule):
    report = verify.check_rule(with_rule(lambda x: jnp.round(x), lambda x, g: (0 * g,)), X, domain=HERE)
    assert report.ok
    assert not report.inconclusive


@pytest.mark.parametrize(
    ("primal", "backward", "arguments"),
    [
        (lambda x: jnp.maximum(x, 0), lambda x, g: (g,), (X,)),
        (lambda x: 0 * x + 1.0, lambda x, g: (g,), (X,)),
        (lambda x, t: jnp.where(x > t, x, 0), lambda x, t, g: (jnp.where(x > t, g, 0 * g), -g.sum()), (X, X[0])),
    ],
    ids=["a slope that is not always zero", "a constant", "a threshold"],
)
def test_what_is_no_surrogate_is_rejected(with_rule, primal, backward, arguments):
    assert not verify.check_rule(with_rule(primal, backward), *arguments, budget=1e-9).ok
