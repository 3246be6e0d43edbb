"""Where a primal is finite only because an overflow saturates, and what is asked of a rule there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here
from verify import overflow

X = np.asarray([0.13, -0.64, 1.5, -2.25, 0.4], np.float32)
FAR = jnp.float32(300.0)  # exp and sinh overflow in float32


@pytest.mark.parametrize(
    ("primal", "rests"),
    [
        (lambda x: jnp.tanh(jnp.sinh(x)), True),
        (lambda x: 1 / (1 + jnp.exp(x)), True),
        (lambda x: jax.jit(jnp.arctan)(jnp.exp(x)), True),
        (lambda x: jnp.where(x > 0, x, jnp.exp(x)), False),  # nobody uses the infinity
        (lambda x: jnp.tanh(x), False),
        (lambda x: jnp.where(x > 0, x, -jnp.inf), False),
        (lambda x: jax.nn.softmax(jnp.stack([x, jnp.asarray(-jnp.inf, x.dtype)])), False),  # infinite on purpose
    ],
)
def test_a_value_rests_on_an_overflow_when_it_uses_an_infinity_that_arose(primal, rests):
    assert np.isfinite(primal(FAR)).all()
    assert bool(jnp.isnan(overflow.poisoned(primal)(FAR)).any()) == rests


def test_a_chain_rule_is_not_accused_of_zero_times_infinity(with_rule):
    report = check_here(
        with_rule(lambda x: jnp.tanh(jnp.sinh(x)), lambda x, g: (g * (1 - jnp.tanh(jnp.sinh(x)) ** 2) * jnp.cosh(x),)),
        X,
    )
    assert report.ok, str(report)
    assert "inconclusive agreement: x[0]: at values up to 1.0e+04 the rule is not finite where autodiff" in str(report)


def test_an_overflow_in_a_branch_that_is_not_taken_is_a_fault_of_the_rule(with_rule, failed):
    def primal(x):
        return jnp.where(x > 0, x, jnp.expm1(jnp.minimum(x, 0)))

    wrong = with_rule(primal, lambda x, g: (g * (jnp.where(x > 0, 1, 0) + jnp.where(x > 0, 0, 1) * jnp.exp(x)),))
    assert ("agreement", "x") in failed(check_here(wrong, X))
