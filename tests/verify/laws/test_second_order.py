"""Law: the derivative of the derivative is right too."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)
LAW = "second order"


@pytest.mark.parametrize(
    "backward",
    [
        lambda x, g: (g * jnp.cos(jax.lax.stop_gradient(x)),),
        lambda x, g: (jax.lax.stop_gradient(g) * jnp.cos(x),),
    ],
    ids=["residual", "cotangent"],
)
def test_a_stopped_gradient_in_the_backward_pass_is_rejected(with_rule, failed, backward):
    assert {law for law, _ in failed(check_here(with_rule(jnp.sin, backward), X))} == {LAW}


def test_a_rule_that_can_be_differentiated_twice_passes(with_rule):
    report = check_here(with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x),)), X)
    assert report.ok, str(report)
    assert len([finding for finding in report.passed if finding.law == LAW]) == 2


def test_a_branch_that_overflows_where_it_is_not_taken_is_rejected_and_one_that_does_not_passes(with_rule, failed):
    def primal(x):
        return jnp.where(x > 0, x, jnp.expm1(jnp.minimum(x, 0)))

    overflowing = with_rule(primal, lambda x, g: (g * jnp.where(x > 0, 1, jnp.exp(x)),))
    assert {law for law, _ in failed(check_here(overflowing, X))} == {LAW}
    clipped = with_rule(primal, lambda x, g: (g * jnp.where(x > 0, 1, jnp.exp(jnp.minimum(x, 0))),))
    assert check_here(clipped, X).ok


def test_a_rule_without_second_derivative_is_noted_and_not_failed(with_rule):
    def backward(x, g):
        shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
        slope = jax.pure_callback(lambda v: np.cos(v), shape, x, vmap_method="sequential")
        return (g * slope,)

    report = check_here(with_rule(jnp.sin, backward), X)
    assert report.ok, str(report)
    assert any(note.startswith("second order was left out: the rule cannot be differ") for note in report.notes)
