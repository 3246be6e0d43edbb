"""Law: the backward pass is linear in its cotangent."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)
LAW = "linear in the cotangent"


@pytest.mark.parametrize(
    "bend",
    [
        lambda g: jnp.clip(g, -10, 10),
        jnp.sign,
        jnp.ones_like,
        lambda g: jnp.where(jnp.abs(g) < 1e-2, 0, g),
        lambda g: g / jnp.maximum(1, jnp.max(jnp.abs(g))),
    ],
    ids=["clipped", "sign", "ignored", "small ones dropped", "normalised"],
)
def test_a_backward_pass_that_bends_its_cotangent_is_rejected(with_rule, failed, bend):
    report = check_here(with_rule(jnp.sin, lambda x, g: (bend(g) * jnp.cos(x),)), X)
    assert (LAW, "x") in failed(report)


def test_a_cotangent_that_does_not_vanish_with_its_cause_is_rejected(with_rule, failed):
    report = check_here(with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x) + 1e-3,)), X)
    assert (LAW, "x") in failed(report)


def test_scaling_by_powers_of_two_is_allowed_no_rounding_of_its_own(with_rule):
    report = check_here(with_rule(lambda x: 0.1 * x, lambda x, g: (0.1 * g,)), X)
    assert report.ok, str(report)
    assert LAW in {finding.law for finding in report.passed}
