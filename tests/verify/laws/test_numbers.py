"""Law: the rule's slopes are those of numerical differences, where rule and autodiff agree on something wrong too."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)
LAW = "numbers"


def test_a_gradient_stopped_inside_the_primal_is_found(failed):
    report = check_here(lambda x: x * jax.lax.stop_gradient(x), X)
    assert failed(report) == {(LAW, None)}
    (finding,) = report.failures
    assert finding.expected == 2 * finding.actual or abs(finding.expected - 2 * finding.actual) < 1e-6


def test_the_same_function_without_the_stop_passes():
    report = check_here(lambda x: x * x, X)
    assert report.ok, str(report)
    assert LAW in {finding.law for finding in report.passed}


def test_a_rule_that_shares_its_fault_with_the_primal_is_found(with_rule, failed):
    def primal(x):
        return jnp.sum(x) * jax.lax.stop_gradient(jnp.max(x))

    report = check_here(with_rule(primal, lambda x, g: (jnp.full_like(x, g * jnp.max(x)),)), X)
    assert (LAW, None) in failed(report)
    assert "agreement" not in {law for law, _ in failed(report)}
