"""Equal rules are checked once; rules that only look equal are told apart."""

import jax
import jax.numpy as jnp
import numpy as np

import verify


def scaled_by(wrong):
    @jax.custom_vjp
    def scaled(x):
        return jnp.sin(x)

    scaled.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x) * (3 if wrong else 1),))
    return scaled


def test_two_closures_from_one_line_with_different_backward_passes_are_told_apart():
    good, bad, again = scaled_by(False), scaled_by(True), scaled_by(False)
    report = verify.audit(lambda x: jnp.sum(bad(good(again(x)))), np.float32([0.3, 0.8]))
    assert sorted((rule.verdict, len(rule.places)) for rule in report.rules) == [("FAILED", 1), ("held", 2)]


def test_what_is_left_out_for_lack_of_time_is_listed():
    report = verify.audit(lambda x: jnp.sum(scaled_by(True)(x)), np.float32([0.3, 0.8]), budget=1e-9)
    assert report.ok
    assert [rule.verdict for rule in report.rules] == ["left out for lack of time"]
    assert any(note.startswith("left out for lack of time: custom_vjp `scaled`") for note in report.notes)


def test_where_nan_arrives_nothing_is_checked_and_it_is_said_so():
    report = verify.audit(lambda x: jnp.sum(scaled_by(True)(jnp.log(x))), np.float32([-1.0, 2.0]))
    assert [rule.verdict for rule in report.rules] == ["nothing to check"]
    assert any("what arrives there holds NaN" in note for note in report.notes)


def test_a_rule_that_cannot_run_is_a_finding():
    broken = jax.custom_vjp(lambda x: 2 * x)
    broken.defvjp(lambda x: (2 * x, ()), lambda _, g: (g, g))
    report = verify.audit(lambda x: jnp.sum(broken(x)), np.float32([1.0]))
    (found,) = report.failures
    assert found.law == "structure"
    assert "TypeError" in found.actual
