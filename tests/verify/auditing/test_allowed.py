"""Rules that differ from their primal on purpose: told when nobody declared them, held to it when somebody did."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify


@jax.custom_vjp
def quantized(x):
    return jnp.round(x)


quantized.defvjp(lambda x: (jnp.round(x), ()), lambda _, g: (g,))


@jax.custom_vjp
def capped(x):
    return 2 * x


capped.defvjp(lambda x: (2 * x, ()), lambda _, g: (2 * jnp.clip(g, -0.5, 0.5),))


@jax.custom_vjp
def halved(x):
    return jnp.sin(x)


halved.defvjp(lambda x: (jnp.sin(x), x), lambda x, g: (g * jnp.cos(x) / 2,))

X = np.float32([0.3, -1.2, 0.7, 2.1])


def loss(x):
    return jnp.sum(capped(quantized(3 * x)))


def verdicts(report):
    return {rule.name: rule.verdict for rule in report.rules}


def test_undeclared_they_are_told_to_differ_from_their_primal_and_are_no_failures():
    report = verify.audit(loss, X)
    assert report.ok
    assert verdicts(report) == {"quantized": "inconclusive", "capped": "inconclusive"}
    assert {f.diagnosis.code for f in report.inconclusive} == {"straight-through", "clipped"}
    assert "allow={'capped': 'clipped'}" in str(report)


@pytest.mark.parametrize(("back", "suggested"), [(lambda x, g: g, True), (lambda x, g: 1.25 * g, False)])
def test_a_wrong_rule_that_passes_its_cotangent_through_fails_and_learns_how_to_say_that_it_is_meant(back, suggested):
    @jax.custom_vjp
    def bounded(x):
        return jnp.clip(x, -1, 1)

    bounded.defvjp(lambda x: (bounded(x), x), lambda x, g: (back(x, g),))
    report = verify.audit(lambda x: jnp.sum(bounded(x) ** 2), X)
    assert verdicts(report) == {"bounded": "FAILED"}
    assert str(report).count("say allow={'bounded': 'straight-through'}") == suggested


def test_declared_they_are_held_to_what_was_declared():
    allow = {"quantized": "straight-through", "capped": "clipped", "halved": "clipped"}
    report = verify.audit(lambda x: loss(x) + jnp.sum(halved(x)), X, allow=allow)
    assert verdicts(report) == {
        "quantized": "held as straight-through",
        "capped": "held as clipped",
        "halved": "FAILED",  # half of every cotangent is no clip
    }
    assert {"declared straight-through", "declared clipped"} <= {f.law for f in report.passed}
    assert "declared clipped" in {f.law for f in report.failures}


def test_what_clips_does_not_pass_for_straight_through():
    report = verify.audit(lambda x: jnp.sum(capped(x)), X, allow={"capped": "straight-through"})
    assert "declared straight-through" in {f.law for f in report.failures}


def fake_quantizer(x_slope, scale_slope):
    """`round(x / s) * s` with a rule that returns these multiples of the cotangent, and of its sum."""

    @jax.custom_vjp
    def fq(x, s):
        return jnp.round(x / s) * s

    fq.defvjp(lambda x, s: (fq(x, s), ()), lambda _, g: (x_slope * g, scale_slope * jnp.sum(g)))
    return fq


@pytest.mark.parametrize("scale_slope", [0.0, 1e6])
def test_an_argument_of_another_shape_than_the_output_is_left_open_and_not_held(scale_slope):
    fq, allow = fake_quantizer(1.0, scale_slope), {"fq": "straight-through"}
    report = verify.audit(lambda x, s: jnp.sum(fq(x, s)), X, np.float32(0.5), allow=allow)
    assert report.ok
    assert verdicts(report) == {"fq": "inconclusive"}
    (told,) = report.inconclusive
    assert "another shape than the output" in told.diagnosis.sentence
    held = {f.argument for f in report.passed if f.law == "declared straight-through"}
    assert len(held) == 1
    assert told.argument not in held


def test_beside_an_argument_of_another_shape_the_others_are_held_to_what_was_declared():
    fq, allow = fake_quantizer(2.0, 0.0), {"fq": "straight-through"}
    report = verify.audit(lambda x, s: jnp.sum(fq(x, s)), X, np.float32(0.5), allow=allow)
    assert "declared straight-through" in {f.law for f in report.failures}


@pytest.mark.parametrize(
    ("allow", "message"),
    [
        ({"quantised": "clipped"}, r"`allow` must name rules of this program \(halved\); got 'quantised'"),
        ({"halved": "anything"}, r"`allow\['halved'\]` must be one of straight-through, clipped; got 'anything'"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(allow, message):
    with pytest.raises(ValueError, match=message):
        verify.audit(lambda x: jnp.sum(halved(x)), X, allow=allow)
