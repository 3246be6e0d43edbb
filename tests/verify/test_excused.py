"""What a rule is excused and how far a check looks, each with a wrong rule beside a right one where there is one."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from verify.checks import first_failure

HERE = verify.Domain(vary_shape=False)
X = np.asarray([0.13, -0.64, 1.5, -2.25, 0.4], np.float32)


def test_a_rule_that_overflows_where_its_primal_is_accurate_is_wrong_even_if_autodiff_overflows_too(with_rule):
    x, y = np.float32([0.5, -1.25, 2.0]), np.float32([1.5, 0.75, -0.5])

    def hypot(x, y):
        """Return what JAX 0.10 does, whose autodiff squares the longer side."""
        longer, shorter = jnp.maximum(jnp.abs(x), jnp.abs(y)), jnp.minimum(jnp.abs(x), jnp.abs(y))
        return longer * jnp.sqrt(1 + jnp.square(shorter / jnp.where(longer == 0, 1, longer)))

    one = np.float32(2.0**77)
    by_jax = jax.grad(hypot)(one, one)
    assert abs(by_jax - 2**-0.5) > 0.1  # 1.41 where 0.71 is right

    def naive(x, y, g):
        h = jnp.sqrt(x * x + y * y)
        h = jnp.where(h == 0, 1, h)
        return g * x / h, g * y / h

    def careful(x, y, g):
        h = hypot(x, y)
        h = jnp.where(h == 0, 1, h)
        return g * (x / h), g * (y / h)

    assert verify.check_rule(with_rule(hypot, careful), x, y, domain=HERE).ok
    report = verify.check_rule(with_rule(hypot, naive), x, y, domain=HERE)
    assert {finding.law for finding in report.failures} == {"agreement"}


def test_nan_at_a_kink_is_no_generalised_gradient(with_rule):
    def length(x):
        return jnp.sqrt(jnp.sum(x * x))

    def unguarded(x, g):
        return (g * x / length(x),)

    def guarded(x, g):
        size = length(x)
        return (g * x / jnp.where(size == 0, 1, size),)

    x = np.float32([0.5, -1.25, 2.0])
    assert verify.check_rule(with_rule(length, guarded), x, domain=HERE).ok
    (finding,) = verify.check_rule(with_rule(length, unguarded), x, domain=HERE).failures
    assert finding.diagnosis.code == "nan"
    assert "finite, between" in finding.expected


def test_a_constant_of_eight_digits_is_right_in_single_precision(with_rule):
    def primal(x):
        return x * x / math.sqrt(3.0)

    def slope(factor):
        return lambda x, g: (g * 2 * x * factor,)

    assert verify.check_rule(with_rule(primal, slope(0.57735026)), X, domain=HERE).ok
    assert not first_failure(with_rule(primal, slope(0.57736)), X, domain=HERE).ok  # three digits are not enough
    with jax.enable_x64(True):
        assert not first_failure(with_rule(primal, slope(0.577350269)), X.astype(np.float64), domain=HERE).ok


def test_a_rule_that_promotes_by_a_default_dtype_is_open_and_one_that_casts_is_wrong(with_rule):
    with jax.numpy_dtype_promotion("standard"):
        promoting = with_rule(jnp.tanh, lambda x, g: (g * (jnp.ones(x.shape) - jnp.tanh(x) ** 2),))
        report = verify.check_rule(promoting, X, domain=HERE)
        assert report.ok, str(report)
        assert [finding.law for finding in report.inconclusive] == ["structure"]
        casting = with_rule(jnp.tanh, lambda x, g: ((g * (1 - jnp.tanh(x) ** 2)).astype(jnp.float32),))
        assert [finding.law for finding in verify.check_rule(casting, X, domain=HERE).failures] == ["structure"]


def test_what_merely_broadcasts_over_one_more_axis_is_no_batch(with_rule):
    def centred(x, mask):
        w = mask[:, None].astype(x.dtype)
        return (x - jnp.sum(w * x, axis=0, keepdims=True) / jnp.sum(w)) * w

    def backward(x, mask, g):
        w = mask[:, None].astype(g.dtype)
        return g * w - w * jnp.sum(g * w, axis=0, keepdims=True) / jnp.sum(w), None

    x, mask = np.arange(15, dtype=np.float32).reshape(5, 3) / 8, np.asarray([True, True, False, True, True])
    assert verify.check_rule(with_rule(centred, backward), x, mask).ok


def running_maximum(with_rule, signs):
    def backward(x, g):
        before = jax.lax.cummax(x)[:-1]
        new = jnp.concatenate([jnp.ones(1, bool), x[1:] > before])
        if not signs:
            new &= (x > 0) | (jnp.arange(x.shape[0]) == 0)
        at = jax.lax.cummax(jnp.where(new, jnp.arange(x.shape[0]), 0))
        return (jnp.zeros_like(x).at[at].add(g),)

    return with_rule(lambda x: jax.lax.cummax(x), backward)  # whose axis is no argument


def test_a_positive_example_is_also_tried_with_both_signs(with_rule):
    x = np.asarray([1, 2, 0.5, 5, 6, 3], np.float32)
    assert verify.check_rule(running_maximum(with_rule, True), x, domain=HERE).ok
    assert not first_failure(running_maximum(with_rule, False), x, domain=HERE).ok


def test_a_large_example_is_also_tried_small(with_rule):
    def squares(x):
        return jnp.sum(x * x, axis=-1)

    def backward(whole):
        def back(x, g):
            n = x.shape[-1]
            kept = jnp.arange(n) < (n if whole else n // 128 * 128)
            return (jnp.where(kept, 2 * x * g[..., None], 0),)

        return back

    x = np.linspace(-1, 1, 4 * 1280, dtype=np.float32).reshape(4, 1280)
    assert verify.check_rule(with_rule(squares, backward(True)), x).ok
    assert not first_failure(with_rule(squares, backward(False)), x).ok


def test_an_iteration_that_might_never_stop_is_not_tried_far_out(with_rule):
    def fixed_point(a, b):
        def go_on(pair):
            return jnp.abs(pair[1] - pair[0]) > 1e-6

        return jax.lax.while_loop(go_on, lambda p: (p[1], jnp.tanh(a * p[1]) + b), (b, jnp.tanh(a * b) + b))[1]

    def backward(a, b, g):
        x = fixed_point(a, b)
        slope = 1 - jnp.tanh(a * x) ** 2
        return g * slope * x / (1 - slope * a), g / (1 - slope * a)

    report = verify.check_rule(with_rule(fixed_point, backward), np.float32(0.3), np.float32(0.5))
    assert report.ok, str(report)
    assert any("special points were left out" in note for note in report.notes)


def test_a_derivative_that_is_zero_far_out_is_not_excused_by_an_exponential_in_the_primal(with_rule, failed):
    def softplus(x):
        return jnp.maximum(x, 0) + jnp.log1p(jnp.exp(-jnp.abs(x)))

    def backward(last):
        return with_rule(softplus, lambda x, g: (g * jnp.where(x > last, 0, jax.nn.sigmoid(x)),))

    example = np.float32([0.5, -1.25, 2.0])
    assert ("agreement", "x") in failed(verify.check_rule(backward(1e8), example))
    assert verify.check_rule(backward(jnp.inf), example).ok


@pytest.mark.parametrize("factor", [1.0, -3.0], ids=["right", "wrong"])
def test_where_autodiff_of_a_decomposition_is_not_a_number_the_numbers_decide(with_rule, failed, factor):
    def exponential(a):
        values, vectors = jnp.linalg.eigh((a + a.T) / 8)
        return vectors * jnp.exp(values)[None] @ vectors.T

    def backward(a, g):  # Daleckii and Krein
        values, vectors = jnp.linalg.eigh((a + a.T) / 8)
        x, y = values[:, None], values[None]
        tie = jnp.abs(x - y) < 1e-6
        quotients = jnp.where(tie, factor * jnp.exp(x), (jnp.exp(x) - jnp.exp(y)) / jnp.where(tie, 1, x - y))
        back = vectors @ (quotients * (vectors.T @ g @ vectors)) @ vectors.T
        return ((back + back.T) / 8,)

    rule = with_rule(exponential, backward)
    domain = verify.Domain(vary_values=False, vary_shape=False)
    report = verify.check_rule(rule, np.eye(2, dtype=np.float32), domain=domain)
    assert (("agreement", "a") in failed(report)) == (factor != 1)
    assert "agreement" not in {finding.law for finding in report.inconclusive}
