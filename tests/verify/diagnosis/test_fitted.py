"""Faults that are fitted to the cotangent: each is named, and what resembles it is not called by its name."""

import jax.numpy as jnp
import pytest

import verify
from tests.verify._here import check_here
from tests.verify.diagnosis._fitted import FITTED, X

SENTENCES = {
    "sign": "d_x equals minus the right gradient.",
    "constant-factor": "d_x equals the right gradient times 1/3",
    "constant-factor of a mean": "a mean over the 3 entries of the output where a sum belongs",
    "constant-factor of an argument": "d_x equals the right gradient divided by `s`.",
    "kernel-not-flipped": "reversed along axis 0",
    "shifted": "shifted by 1 along axis 0.",
    "transposed": "d_b equals the right gradient transposed (axes 0, 1).",
    "sum-over-axis forgotten": "only the first term is there",
    "cotangent-ignored of one output": "misses what comes back through output 1",
}
UNNAMED = {
    "an extra term": (jnp.sin, lambda x, g: (g * (jnp.cos(x) + x),), (X,), "x"),
    "a factor that varies": (jnp.sin, lambda x, g: (g * jnp.cos(x) * (1 + x**2),), (X,), "x"),
    "one wrong entry": (jnp.sin, lambda x, g: ((g * jnp.cos(x)).at[..., 0].add(g[..., 1]),), (X,), "x"),
    "another function's slope": (jnp.tanh, lambda x, g: (g * jnp.exp(-(x**2)),), (X,), "x"),
}


def at_its_shape(fun, *arguments):
    return verify.check_rule(fun, *arguments, budget=1e-9)  # leaves out all but agreement at the example's own shape


def agreement(report, argument):
    (finding,) = [f for f in report.failures if (f.law, f.argument) == ("agreement", argument)]
    return finding.diagnosis


@pytest.mark.parametrize("fault", FITTED)
def test_a_planted_fault_is_named(with_rule, fault):
    primal, backward, arguments, argument = FITTED[fault]
    found = agreement(at_its_shape(with_rule(primal, backward), *arguments), argument)
    assert found is not None
    assert found.code == fault.split()[0]
    assert SENTENCES.get(fault, "") in found.sentence


@pytest.mark.parametrize("fault", UNNAMED)
def test_a_fault_that_none_of_the_names_fits_gets_none(with_rule, fault):
    primal, backward, arguments, argument = UNNAMED[fault]
    assert agreement(at_its_shape(with_rule(primal, backward), *arguments), argument) is None


def test_a_right_rule_has_nothing_to_explain(with_rule, monkeypatch):
    monkeypatch.setattr("verify.diagnosis.explain", None)  # not even looked at
    assert check_here(with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x),)), X).ok
