"""Law: the forward pass of differentiation returns the primal's own value."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def sine(forward):
    fun = jax.custom_vjp(lambda x: jnp.sin(x))
    fun.defvjp(lambda x: (forward(x), x), lambda x, g: (g * jnp.cos(x),))
    return fun


@pytest.mark.parametrize(
    "forward",
    [lambda x: jnp.sin(x) * 1.001, lambda x: jnp.sin(x) + 1e-3, lambda x: jnp.where(x == 0, 1, jnp.sin(x))],
    ids=["scaled", "shifted", "wrong at zero"],
)
def test_a_forward_pass_that_returns_another_value_is_rejected(failed, forward):
    assert failed(check_here(sine(forward), X)) == {("primal unchanged", "output 0")}


def test_a_forward_pass_that_returns_the_value_of_the_primal_passes():
    report = check_here(sine(jnp.sin), X)
    assert report.ok, str(report)
    assert "primal unchanged" in {finding.law for finding in report.passed}
