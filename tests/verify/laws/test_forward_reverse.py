"""Law: forward and reverse mode are transposes of each other."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)
LAW = "forward = reverse"


def sine(tangent):
    @jax.custom_jvp
    def fun(x):
        return jnp.sin(x)

    fun.defjvp(lambda primals, tangents: (jnp.sin(primals[0]), tangent(primals[0], tangents[0])))
    return fun


def test_a_tangent_whose_transpose_is_nan_is_rejected(failed):
    # Right at every point in forward mode; reverse mode divides a zero by a zero where x is zero.
    report = check_here(sine(lambda x, t: jnp.where(x == 0, t, t / x * (x * jnp.cos(x)))), X)
    assert (LAW, None) in failed(report)


def test_a_right_custom_jvp_passes_every_law():
    report = check_here(sine(lambda x, t: jnp.cos(x) * t), X)
    assert report.ok, str(report)
    assert LAW in {finding.law for finding in report.passed}


def test_a_tangent_that_is_not_linear_is_rejected(failed):
    report = check_here(sine(lambda x, t: jnp.sin(x + t) - jnp.sin(x)), X)
    assert failed(report) == {("structure", None)}


def test_a_rule_is_not_accused_where_only_the_forward_mode_of_its_primal_overflows(with_rule):
    def primal(x):
        return x / (1 + x * x)

    # far out JAX's forward mode of the division is infinity over infinity; this rule is zero there
    right = with_rule(primal, lambda x, g: (g / (1 + x * x) - g * (2 * x / (1 + x * x)) * (x / (1 + x * x)),))
    with jax.enable_x64(True):
        report = check_here(right, np.asarray([0.5, -1.25, 2.0]))
    assert report.ok, str(report)
