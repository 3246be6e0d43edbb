"""check_rule as a whole: usage, domains, precision, determinism, and what it leaves alone."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from tests.verify._here import check_here
from verify import items
from verify.checks import first_failure

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def sine_back(x, g):
    return (g * jnp.cos(x),)


def scaled(sign):
    """A rule with a Python number that it does not differentiate."""
    rule = jax.custom_vjp(lambda x, scale: scale * x, nondiff_argnums=(1,))
    rule.defvjp(lambda x, scale: (scale * x, None), lambda scale, residuals, g: (sign * scale * g,))
    return rule


@pytest.mark.parametrize(
    ("args", "options", "kind", "message"),
    [
        ((3, X), {}, TypeError, r"^`fun` must be callable; got int\.$"),
        ((jnp.sin, X), {"budget": 0}, ValueError, r"^`budget` must be a positive number of seconds; got 0\.$"),
        ((jnp.sin, X), {"budget": -1.5}, ValueError, r"^`budget` must be a positive .*; got -1\.5\.$"),
        ((jnp.sin, X), {"budget": float("nan")}, ValueError, r"^`budget` must be a positive .*; got nan\.$"),
        ((jnp.sin, X), {"domain": (0, 1)}, TypeError, r"^`domain` must be a verify\.Domain or a sequence of them"),
        ((jnp.sin, np.asarray([1])), {}, TypeError, "needs at least one floating-point array to differentiate"),
        ((jnp.argmax, X), {}, TypeError, r"^`argmax` must return at least one floating-point array; got none\.$"),
        ((lambda x: x[:0], X), {}, ValueError, r"returns no entries at this example \(shape \(0,\)\)"),
        ((lambda x, a: scaled(1)(x, a), X, 2.5), {}, TypeError, r"`<lambda>` hands .* in its `nondiff_argnums`: close"),
        ((jnp.matmul, X[:2], X), {}, TypeError, "dot_general|matmul|contract"),
    ],
    ids=[
        "not callable",
        "no budget",
        "negative budget",
        "NaN budget",
        "domain",
        "integers",
        "no float output",
        "empty output",
        "nondiff_argnums",
        "exception of the function",
    ],
)
def test_bad_usage_is_told_in_a_sentence(args, options, kind, message):
    with pytest.raises(kind, match=message):
        verify.check_rule(*args, **options)


@pytest.mark.parametrize(("sign", "ok"), [(1, True), (-1, False)], ids=["right", "wrong"])
def test_a_number_that_the_rule_does_not_differentiate_is_passed_as_it_is(sign, ok):
    assert check_here(scaled(sign), X, 2.5).ok is ok


@pytest.mark.parametrize(("sign", "ok"), [(1, True), (-1, False)], ids=["right", "wrong"])
def test_with_64_bit_types_on_right_rules_pass_and_wrong_ones_do_not(with_rule, sign, ok, failed):
    with jax.enable_x64(True):
        report = check_here(with_rule(jnp.sin, lambda x, g: (sign * g * jnp.cos(x),)), X.astype(np.float64))
        assert jax.config.jax_enable_x64
    assert not jax.config.jax_enable_x64
    assert report.ok is ok, str(report)
    assert (("agreement", "x") in failed(report)) is not ok


def test_a_fault_below_single_precision_is_found_for_a_float64_example_alone(with_rule, failed):
    fun = with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x) * (1 + 1e-8),))
    here = verify.Domain(vary_shape=False)
    assert verify.check_rule(fun, X, domain=here).ok  # a constant of eight digits is right there
    with jax.enable_x64(True):
        assert ("agreement", "x") in failed(verify.check_rule(fun, X.astype(np.float64), budget=1e-9))


def test_equal_seeds_give_equal_reports_and_other_seeds_other_points(with_rule):
    fun = with_rule(jnp.sin, lambda x, g: (-g * jnp.cos(x),))

    def told(seed):
        return {**json.loads(check_here(fun, X, seed=seed).to_json()), "seconds": 0}

    first = told(5)
    assert first == told(5)
    assert first["failures"][0]["example"] != told(6)["failures"][0]["example"]


@pytest.mark.parametrize(("special", "ok"), [((2.5,), False), ((), True)], ids=["special", "none"])
def test_a_rule_wrong_at_one_point_alone_is_caught_where_the_point_is_named(with_rule, special, ok):
    fun = with_rule(jnp.sin, lambda x, g: (g * jnp.where(8 * x == 20, 7, jnp.cos(x)),))
    assert first_failure(fun, X, domain=verify.Domain(special=special, vary_shape=False)).ok is ok


def test_a_rule_is_never_examined_outside_its_domain(with_rule):
    fun = with_rule(jnp.sin, lambda x, g: (g * jnp.where(x < 0.25, jnp.nan, jnp.cos(x)),))
    assert verify.check_rule(fun, np.abs(X), domain=verify.Domain(low=0.25, vary_shape=False)).ok
    assert not first_failure(fun, np.abs(X)).ok


def test_values_and_shapes_that_may_not_vary_do_not(with_rule):
    def only_here(x, g):
        right = x.shape == (3,)
        return (g * (jnp.where(jnp.sort(x)[0] == -1.25, jnp.cos(x), 7.0) if right else 7.0 * x),)

    fun = with_rule(jnp.sin, only_here)
    report = verify.check_rule(fun, X, domain=verify.Domain(vary_shape=False, vary_values=False))
    # numerical slopes and vmap stay at the example; the second derivative is that of the rule as it stands there
    assert report.ok, str(report)
    assert not first_failure(fun, X, domain=verify.Domain(vary_shape=False)).ok
    assert not first_failure(fun, X, domain=verify.Domain(vary_values=False)).ok


def test_a_budget_leaves_out_shapes_and_says_so(with_rule):
    report = verify.check_rule(with_rule(jnp.sin, sine_back), X, budget=1e-9)
    assert report.ok
    assert any(note.startswith("left out for lack of time: shapes with ") for note in report.notes)
    (left_out,) = [note for note in report.notes if "second order" in note]
    assert left_out.startswith("left out for lack of time: structure, ")


def test_agreement_at_the_example_is_checked_whatever_the_budget(with_rule, failed):
    wrong = with_rule(jnp.sin, lambda x, g: (g * jnp.sin(x),))
    assert ("agreement", "x") in failed(verify.check_rule(wrong, X, budget=1e-9))


def test_a_key_is_passed_along(with_rule, failed):
    def noisy(x, key):
        return x * jax.random.rademacher(key, x.shape, x.dtype)

    def back(x, key, g):
        return -g * jax.random.rademacher(key, g.shape, g.dtype), None

    report = verify.check_rule(with_rule(noisy, back), X, jax.random.key(0), budget=1e-9)
    assert failed(report) >= {("agreement", "x")}
    assert json.loads(report.to_json())["failures"]
    assert check_here(noisy, X, jax.random.key(0)).ok


def test_the_callers_debugging_of_nans_neither_changes_the_verdict_nor_is_changed(with_rule):
    with jax.debug_nans(True):
        report = check_here(with_rule(jnp.sin, sine_back), X)
        assert jax.config.jax_debug_nans
    assert report.ok, str(report)


def test_a_function_without_a_rule_can_be_checked_as_well():
    report = check_here(lambda x: jnp.tanh(x) * 2, X)
    assert report.ok, str(report)
    assert report.name == "<lambda>"
    assert report.seconds > 0


def test_the_report_carries_the_name_of_the_function_and_its_line():
    @jax.custom_vjp
    def twice(x):
        return 2 * x

    twice.defvjp(lambda x: (2 * x, None), lambda _, g: (3 * g,))
    report = check_here(twice, X)
    assert report.name == "twice"
    assert all(finding.where.startswith("twice, test_checks.py:") for finding in report.failures)


def rooted(x):
    """The square root by Newton's method, in a loop that reverse mode cannot differentiate."""
    return jax.lax.while_loop(lambda c: c[0] < 30, lambda c: (c[0] + 1, (c[1] + x / c[1]) / 2), (0, x))[1]


def called_back(x):
    shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
    return jax.pure_callback(lambda v: np.sqrt(v), shape, x, vmap_method="sequential")


@pytest.mark.parametrize("off", [0, 1e-3], ids=["right", "wrong"])
def test_a_large_problem_is_judged_at_fewer_points_and_the_report_says_so(with_rule, monkeypatch, off):
    monkeypatch.setattr(items, "_AFFORDABLE", 1)
    fun = with_rule(jnp.sin, lambda x, g: (g * (jnp.cos(x) + off),))
    report = verify.check_rule(fun, X, domain=verify.Domain(vary_shape=False), budget=1e-9)
    assert report.ok == (off == 0)
    assert any("which is large: " in note and "a smaller example has them all" in note for note in report.notes)


def test_a_large_table_is_read_at_repeated_indices_too(monkeypatch, with_rule, failed):
    def overwritten(table, indices, g):
        return jnp.zeros_like(table).at[indices].set(g), None

    monkeypatch.setattr(items, "_AFFORDABLE", 1)
    fun = with_rule(lambda table, indices: table[indices], overwritten)
    report = check_here(fun, np.stack([X, -X, 2 * X]), np.asarray([2, 0]), budget=1e-9)
    assert ("agreement", "table") in failed(report)


@pytest.mark.parametrize(("factor", "ok"), [(0.5, True), (1.0, False)], ids=["right", "wrong"])
@pytest.mark.parametrize("primal", [rooted, called_back], ids=["while loop", "callback"])
def test_where_jax_cannot_differentiate_the_primal_the_numbers_alone_decide(with_rule, failed, primal, factor, ok):
    fun = with_rule(primal, lambda x, g: (factor * g / primal(x),))
    report = verify.check_rule(fun, np.abs(X), domain=verify.Domain(low=0.25, high=9, vary_shape=False))
    assert report.ok is ok, str(report)
    assert ok or ("agreement", "x") in failed(report)
    assert any("cannot differentiate" in note and "numerical differences alone" in note for note in report.notes)
