"""A real model: a transformer block of Flax with a loss of Optax, whose census is that of an independent count."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen

import verify


@jax.custom_vjp
def rms_norm(x, scale):
    return _norm_fwd(x, scale)[0]


def _norm_fwd(x, scale):
    inverse = jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + 1e-6)
    return jnp.broadcast_to(scale, x.shape) * x * inverse, (x, scale, inverse)


def _norm_bwd(saved, g):
    x, scale, inverse = saved
    gs = g * jnp.broadcast_to(scale, x.shape)
    d_x = inverse * (gs - x * inverse**2 * jnp.mean(gs * x, axis=-1, keepdims=True))
    return d_x, jnp.sum(g * x * inverse, axis=tuple(range(x.ndim - 1)))


rms_norm.defvjp(_norm_fwd, _norm_bwd)


class Norm(linen.Module):
    @linen.compact
    def __call__(self, x):
        return rms_norm(x, self.param("scale", linen.initializers.ones, x.shape[-1:]))


class Block(linen.Module):
    @linen.compact
    def __call__(self, x):
        x = x + linen.MultiHeadDotProductAttention(num_heads=2)(Norm()(x))
        return x + linen.Dense(16)(linen.relu(linen.Dense(32)(Norm()(x))))


class Model(linen.Module):
    @linen.compact
    def __call__(self, tokens):
        x = linen.Embed(20, 16)(tokens)
        for _ in range(2):
            x = linen.remat(Block)()(x)
        return linen.Dense(20)(Norm()(x))


@pytest.fixture(scope="module")
def model():
    tokens = np.random.default_rng(0).integers(0, 20, (2, 6))
    network = Model()
    params = network.init(jax.random.key(0), tokens)

    def loss(params, tokens):
        logits = network.apply(params, tokens)
        return optax.softmax_cross_entropy_with_integer_labels(logits[:, :-1], tokens[:, 1:]).mean()

    before = np.asarray(loss(params, tokens)).tobytes()
    return loss, (params, tokens), verify.audit(loss, params, tokens), before


def test_the_rules_of_the_block_hold(model):
    report = model[2]
    assert report.ok
    assert not report.inconclusive
    assert {rule.verdict for rule in report.rules} == {"held"}


def test_the_census_is_that_of_a_count_in_the_text_of_the_program(model):
    loss, args, report, _ = model
    text = str(jax.make_jaxpr(loss)(*args))
    counted = re.findall(r"custom_[jv]+p_call\[\s*name=(\w+)", text)
    assert sorted(counted) == sorted(rule.name for rule in report.rules for _ in rule.places)
    assert {rule.name for rule in report.rules} == {"rms_norm", "relu"}
    assert sum(len(rule.places) for rule in report.rules if rule.name == "rms_norm") == 5


def test_equal_rules_at_equal_shapes_are_checked_once_at_the_values_of_all_places(model):
    (norm,) = [rule for rule in model[2].rules if rule.name == "rms_norm"]
    assert norm.arrivals == len(norm.places) == 5
    assert norm.share > 0.9  # nothing reaches the loss but through the last norm


def test_the_loss_is_the_same_after_the_audit_bit_for_bit(model):
    loss, args, _, before = model
    assert np.asarray(loss(*args)).tobytes() == before
