"""Faults that show at special points, in one dtype, at other shapes, or in the law that fails."""

import itertools
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

X = np.asarray([0.5, -1.25, 2.0], np.float32)
Y = np.asarray([1.5, 0.75, -0.5], np.float32)


def agreement(report, argument):
    (finding,) = [f for f in report.failures if (f.law, f.argument) == ("agreement", argument)]
    return finding.diagnosis


def test_a_gradient_that_overflows_is_told_from_one_that_is_nan_at_moderate_inputs(with_rule):
    softplus = with_rule(jax.nn.softplus, lambda x, g: (g * jnp.exp(x) / (1 + jnp.exp(x)),))
    found = agreement(verify.check_rule(softplus, X), "x")
    assert found.code == "overflow"
    ratio = with_rule(lambda x: x * x, lambda x, g: (g * 2 * x**2 / x,))
    found = agreement(verify.check_rule(ratio, X), "x")
    assert found.code == "nan"
    assert found.sentence == "d_x is nan where the right gradient is finite."


def test_ties_that_are_counted_twice_are_named_and_ties_that_count_for_nothing_are_not(with_rule):
    def maximum(x, y):
        return jnp.maximum(x, y)

    def backward(compare):
        return lambda x, y, g: (jnp.where(compare(x, y), g, 0 * g), jnp.where(compare(y, x), g, 0 * g))

    twice = verify.check_rule(with_rule(maximum, backward(jnp.greater_equal)), X, Y)
    assert {f.diagnosis.code for f in twice.failures if f.law == "agreement"} == {"ties-duplicated"}
    never = verify.check_rule(with_rule(maximum, backward(jnp.greater)), X, Y)
    assert not never.ok
    assert {f.diagnosis for f in never.failures if f.law == "agreement"} == {None}


def test_a_cast_to_a_narrower_dtype_inside_is_named(with_rule):
    def backward(x, g):
        return ((g.astype(jnp.bfloat16) * jnp.cos(x).astype(jnp.bfloat16)).astype(x.dtype),)

    found = agreement(verify.check_rule(with_rule(jnp.sin, backward), X), "x")
    assert found.code == "precision"
    told = re.fullmatch(r"d_x is computed in bfloat16: (\S+) ulp off for float32 arguments\.", found.sentence)
    assert float(told[1]) > 2.0**15  # bfloat16 has 16 bits less than float32


def test_a_rule_for_one_shape_alone_is_named(with_rule):
    def backward(x, g):
        return (g * (jnp.cos(x) if x.shape == (3,) else jnp.cos(x) + x),)

    assert agreement(verify.check_rule(with_rule(jnp.sin, backward), X), "x").code == "batch-dependent"


def stopped(x, g):
    return (g * jax.lax.stop_gradient(jnp.cos(x)),)


def single(x, g):
    return ((g * jnp.cos(x)).astype(jnp.float32),)


def offset(x, g):
    return (g * jnp.cos(x) + 1e-3,)


@pytest.mark.parametrize(
    ("backward", "law", "code"),
    [
        (stopped, "second order", "second-order"),
        (single, "structure", "dtype"),
        (offset, "linear in the cotangent", "cotangent-ignored"),
    ],
    ids=["second order", "dtype", "linear"],
)
def test_the_law_that_fails_names_the_fault(with_rule, backward, law, code):
    report = verify.check_rule(with_rule(jnp.sin, backward), X)
    assert {f.diagnosis.code for f in report.failures if f.law == law} == {code}


def test_a_cotangent_of_the_wrong_shape_is_named(with_rule):
    report = verify.check_rule(with_rule(jnp.sin, lambda x, g: (jnp.sum(g * jnp.cos(x)),)), X)
    assert [f.diagnosis.code for f in report.failures] == ["structure"]


def test_state_between_calls_is_named():
    calls = itertools.count()

    def backward(x, g):
        return g * np.cos(x) * (1 + 1e-3 * (next(calls) % 2))

    report = verify.check_backward(np.sin, backward, X.astype(np.float32))
    assert {f.diagnosis.code for f in report.failures if f.law in ("repeatable", "re-entrant")} == {"state"}


def test_a_wrong_batching_rule_is_named():
    @jax.custom_batching.custom_vmap
    def cosine(x):
        return jnp.cos(x)

    @cosine.def_vmap
    def _(size, batched, x):
        return 2 * jnp.cos(x), batched[0]

    @jax.custom_vjp
    def sine(x):
        return jnp.sin(x)

    sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * cosine(x),))
    report = verify.check_rule(sine, X)
    assert {f.diagnosis.code for f in report.failures if f.law == "vmap = loop"} == {"vmap"}
