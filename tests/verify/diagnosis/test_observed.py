"""Faults that show at special points, in one dtype, at other shapes, or in the law that fails."""

import re

import jax
import jax.numpy as jnp
import numpy as np

import verify
from tests.verify._here import check_here

X = np.asarray([0.5, -1.25, 2.0], np.float32)
Y = np.asarray([1.5, 0.75, -0.5], np.float32)
SHORT = {"budget": 1e-9}  # agreement at the example and nothing more: all that these faults need


def agreement(report, argument):
    (finding,) = [f for f in report.failures if (f.law, f.argument) == ("agreement", argument)]
    return finding.diagnosis


def test_a_gradient_that_overflows_is_told_from_one_that_is_nan_at_moderate_inputs(with_rule):
    softplus = with_rule(jax.nn.softplus, lambda x, g: (g * jnp.exp(x) / (1 + jnp.exp(x)),))
    found = agreement(verify.check_rule(softplus, X, **SHORT), "x")
    assert found.code == "overflow"
    ratio = with_rule(lambda x: x * x, lambda x, g: (g * 2 * x**2 / x,))
    found = agreement(verify.check_rule(ratio, X, **SHORT), "x")
    assert found.code == "nan"
    assert found.sentence == "d_x is nan where the right gradient is finite."


def test_ties_that_are_counted_twice_are_named_and_ties_that_count_for_nothing_are_not(with_rule):
    def maximum(x, y):
        return jnp.maximum(x, y)

    def backward(compare):
        return lambda x, y, g: (jnp.where(compare(x, y), g, 0 * g), jnp.where(compare(y, x), g, 0 * g))

    twice = verify.check_rule(with_rule(maximum, backward(jnp.greater_equal)), X, Y, **SHORT)
    assert {f.diagnosis.code for f in twice.failures if f.law == "agreement"} == {"ties-duplicated"}
    never = verify.check_rule(with_rule(maximum, backward(jnp.greater)), X, Y, **SHORT)
    assert not never.ok
    assert {f.diagnosis for f in never.failures if f.law == "agreement"} == {None}


def test_a_cast_to_a_narrower_dtype_inside_is_named(with_rule):
    def backward(x, g):
        return ((g.astype(jnp.bfloat16) * jnp.cos(x).astype(jnp.bfloat16)).astype(x.dtype),)

    found = agreement(verify.check_rule(with_rule(jnp.sin, backward), X, **SHORT), "x")
    assert found.code == "precision"
    told = re.fullmatch(r"d_x is computed in bfloat16: (\S+) ulp off for float32 arguments\.", found.sentence)
    assert 2.0**10 < float(told[1]) < 3 * 2.0**16  # three roundings of at most 2^15 ulp each, of values within a binade


def test_an_offset_is_named_by_the_law_of_linearity_too(with_rule):
    report = check_here(with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x) + 1e-3,)), X)
    assert {f.diagnosis.code for f in report.failures if f.law == "linear in the cotangent"} == {"cotangent-ignored"}


def test_infinite_gradients_at_tiny_inputs_are_put_down_to_the_range_or_to_lost_digits(with_rule):
    def log1mexp(x):
        return jnp.log(-jnp.expm1(x))

    lost = with_rule(log1mexp, lambda x, g: (-g * jnp.exp(x) / (1 - jnp.exp(x)),))
    found = agreement(verify.check_rule(lost, -np.abs(X), **SHORT), "x")
    assert found.code == "precision"
    assert found.sentence.endswith("where the right one is finite: they are lost beside larger terms.")


def test_a_gradient_that_an_overflow_makes_zero_is_named(with_rule):
    def hypot(x, y):
        large = jax.lax.stop_gradient(jnp.clip(jnp.maximum(jnp.abs(x), jnp.abs(y)), 1e-30, 1e30))
        return large * jnp.sqrt((x / large) ** 2 + (y / large) ** 2)

    def backward(x, y, g):
        size = jnp.sqrt(jnp.where(x * x + y * y == 0, 1, x * x + y * y))
        return g * x / size, g * y / size

    found = agreement(verify.check_rule(with_rule(hypot, backward), X, Y, **SHORT), "x")
    assert found.code == "overflow"
    assert "d_x is zero at inputs of size" in found.sentence


def test_a_rule_in_a_narrower_dtype_is_not_said_to_clip_its_cotangent(with_rule):
    def backward(x, g):
        return ((g.astype(jnp.bfloat16) * (1 - jnp.tanh(x.astype(jnp.bfloat16)) ** 2)).astype(x.dtype),)

    report = check_here(with_rule(jnp.tanh, backward), X)
    assert {f.diagnosis.code for f in report.failures if f.law == "linear in the cotangent"} <= {"precision"}


def test_a_fault_at_other_indices_than_the_example_is_not_called_imprecise(with_rule):
    def window(x, start):
        return jax.lax.dynamic_slice_in_dim(x, start, 2)

    def unclamped(x, start, g):
        at = start + jnp.arange(2, dtype=start.dtype)
        return jnp.zeros_like(x).at[at].add(g, mode="drop"), None

    x = np.linspace(-1, 1, 8, dtype=np.float32)
    report = verify.check_rule(with_rule(window, unclamped), x, np.int32(2), **SHORT)
    assert agreement(report, "x") is None
