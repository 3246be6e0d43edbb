"""Laws: eager = jit, the same answer twice, and two forward passes before the two backward passes."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def tape(keep):
    """Return tanh whose residual lives outside the rule."""
    last = []
    fun = jax.custom_vjp(lambda x: jnp.tanh(x))

    def forward(x):
        y = jnp.tanh(x)
        last.append(y)
        return y, y

    def backward(y, g):
        y = y if keep else last[-1]
        return (g * (1 - y * y),)

    fun.defvjp(forward, backward)
    return fun


def test_a_closure_that_keeps_only_the_last_residual_is_rejected(failed):
    assert failed(check_here(tape(keep=False), X)) == {("re-entrant", "x"), ("repeatable", "x")}


def test_a_closure_that_reads_its_own_residual_passes():
    report = check_here(tape(keep=True), X)
    assert report.ok, str(report)
    assert {"eager = jit", "re-entrant", "repeatable"} <= {finding.law for finding in report.passed}


def test_a_rule_that_counts_its_calls_is_rejected(failed):
    calls = []

    def backward(y, g):
        calls.append(None)
        return (g * y * (1 if len(calls) < 8 else 0.5),)

    fun = jax.custom_vjp(lambda x: jnp.exp(x))
    fun.defvjp(lambda x: (jnp.exp(x), jnp.exp(x)), backward)
    assert {law for law, _ in failed(check_here(fun, X))} & {"eager = jit", "re-entrant", "repeatable"}


def test_a_rule_that_computes_something_else_under_jit_is_rejected(with_rule, failed):
    def backward(x, g):
        eager = not isinstance(jnp.sum(x), jax.core.Tracer)
        return (g * jnp.cos(x) * (1.5 if eager else 1),)

    assert ("eager = jit", "x") in failed(check_here(with_rule(jnp.sin, backward), X))


def test_a_value_that_the_first_forward_pass_keeps_is_told_as_such(failed):
    kept = {}
    rule = jax.custom_vjp(jnp.sin)
    rule.defvjp(lambda x: (jnp.sin(x), kept.setdefault("x", x)), lambda x, g: (g * jnp.cos(x),))
    assert ("re-entrant", None) in failed(check_here(rule, X))
