"""Law: one argument alone, and one output alone, have the cotangents that they have among the others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.custom_derivatives import SymbolicZero

from tests.verify._here import check_here
from verify.laws.symbolic_zeros import LAW

X = np.asarray([0.5, -1.25, 2.0], np.float32)
Y = np.asarray([1.5, 0.75, -0.5], np.float32)


def product(saved):
    """x y, whose forward pass keeps what `saved` says of both arguments."""

    @jax.custom_vjp
    def rule(x, y):
        return x * y

    def backward(kept, g):
        x, y = kept
        return (jnp.zeros_like(g) if y is None else g * y), (jnp.zeros_like(g) if x is None else g * x)

    rule.defvjp(lambda x, y: (x.value * y.value, saved(x, y)), backward, symbolic_zeros=True)
    return rule


def sines(pull):
    """sin(x) and cos(x), with the cotangent that `pull` makes of both cotangents."""

    @jax.custom_vjp
    def rule(x):
        return jnp.sin(x), jnp.cos(x)

    def forward(x):
        return (jnp.sin(x.value), jnp.cos(x.value)), x.value

    rule.defvjp(forward, lambda x, g: (pull(x, *g),), symbolic_zeros=True)
    return rule


def filled(x, g, h):
    g, h = (jnp.zeros_like(x) if isinstance(w, SymbolicZero) else w for w in (g, h))
    return g * jnp.cos(x) - h * jnp.sin(x)


def forgotten(x, g, h):
    return jnp.zeros_like(x) if isinstance(g, SymbolicZero) else filled(x, g, h)


def told(report):
    return {finding.argument for finding in report.failures if finding.law == LAW}


def test_what_an_argument_alone_does_not_need_may_be_left_out():
    report = check_here(
        product(lambda x, y: (x.value if y.perturbed else None, y.value if x.perturbed else None)), X, Y
    )
    assert report.ok, str(report)
    assert {finding.argument for finding in report.passed if finding.law == LAW} == {"x", "y"}


def test_what_the_other_argument_needs_may_not():
    report = check_here(
        product(lambda x, y: (x.value if x.perturbed else None, y.value if y.perturbed else None)), X, Y
    )
    assert told(report) == {"x", "y"}
    (finding,) = (f for f in report.failures if f.law == LAW and f.argument == "x")
    assert np.all(finding.actual == 0)
    assert finding.reproduce[-1].startswith("print(jax.vjp(lambda x0: fun(x0, x1), x0)[1](w0))  # look at x")


def test_one_argument_that_is_dropped_fails_alone():
    report = check_here(product(lambda x, y: (x.value, y.value if y.perturbed else None)), X, Y)
    assert told(report) == {"x"}


def test_an_output_that_nobody_uses_has_a_cotangent_of_zero():
    report = check_here(sines(filled), X)
    assert report.ok, str(report)


def test_a_rule_that_forgets_the_other_output_is_found():
    assert told(check_here(sines(forgotten), X)) == {"x"}


def test_a_rule_that_raises_where_an_output_is_not_used_is_found_and_its_words_told():
    def raising(x, g, h):
        return g * jnp.cos(x) - h * jnp.sin(x)

    report = check_here(sines(raising), X)
    (finding,) = (f for f in report.failures if f.law == LAW)
    assert "SymbolicZero" in finding.actual
    assert finding.expected == "it runs where only x is differentiated and only output 0 is used"


@pytest.mark.parametrize("rule", [jnp.sin, sines(filled)], ids=["without", "with"])
def test_only_a_rule_that_is_told_of_zeros_is_held_to_the_law(rule):
    report = check_here(rule, X)
    assert any(finding.law == LAW for finding in report.passed) == (rule is not jnp.sin)


def test_a_custom_jvp_is_held_to_the_law_too():
    @jax.custom_jvp
    def rule(x, y):
        return x * y

    def tangent(factor, primals, tangents):
        (x, y), (dx, dy) = primals, tangents
        if isinstance(dy, SymbolicZero):
            return x * y, factor * dx * y
        dx, dy = (jnp.zeros_like(x) if isinstance(t, SymbolicZero) else t for t in (dx, dy))
        return x * y, dx * y + x * dy

    rule.defjvp(lambda p, t: tangent(2.0, p, t), symbolic_zeros=True)
    assert told(check_here(rule, X, Y)) == {"x"}
    rule.defjvp(lambda p, t: tangent(1.0, p, t), symbolic_zeros=True)
    assert check_here(rule, X, Y).ok


def test_all_arguments_but_one_are_tried_too():
    def rule_of(factor):
        @jax.custom_vjp
        def rule(x, y, z):
            return x * y * z

        def forward(x, y, z):
            both = (x.perturbed, y.perturbed, z.perturbed) == (True, True, False)
            return x.value * y.value * z.value, (x.value, y.value, z.value, factor if both else 1.0)

        def backward(kept, g):
            x, y, z, times = kept
            return times * g * y * z, g * x * z, g * x * y

        rule.defvjp(forward, backward, symbolic_zeros=True)
        return rule

    assert told(check_here(rule_of(2.0), X, Y, X + 1)) == {"x"}
    assert check_here(rule_of(1.0), X, Y, X + 1).ok


def test_one_argument_and_one_output_are_what_the_other_laws_ask():
    rule = jax.custom_vjp(jnp.sin)
    rule.defvjp(lambda x: (jnp.sin(x.value), x.value), lambda x, g: (g * jnp.cos(x),), symbolic_zeros=True)
    report = check_here(rule, X)
    assert report.ok, str(report)
    assert LAW not in {finding.law for finding in report.passed}
