"""What people who tried the checker found: right rules that were accused, and wrong ones that slipped through."""

import jax
import jax.custom_batching
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from verify.checks import first_failure

X = np.asarray([0.13, -0.64, 1.5, -2.25, 0.4], np.float32)
AT_OTHER_SHAPES = ("a head of one output",)  # of the others the shape was not the point
HERE = verify.Domain(vary_shape=False)


def with_rule(primal, backward):
    fun = jax.custom_vjp(primal)
    fun.defvjp(lambda *args: (primal(*args), args), backward)
    return fun


def masked_logits(x):
    return jnp.where(jnp.arange(x.shape[0]) < 1, -jnp.inf, jnp.tanh(x))


def attention(scores, values):
    return jax.nn.softmax(scores, -1) @ values


def attention_backward(residuals, g):
    scores, values = residuals
    p = jax.nn.softmax(scores, -1)
    delta = jnp.sum(g * (p @ values), axis=-1, keepdims=True)
    return p * (g @ values.T - delta), p.T @ g


def newton_root(a):
    def unsettled(state):
        return jnp.any(jnp.abs(state[0] - state[1]) > 1e-4 * state[0])

    def step(state):
        return (state[0] + a / state[0]) / 2, state[0]

    return jax.lax.while_loop(unsettled, step, ((1 + a) / 2, jnp.full_like(a, -1)))[0]


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


RIGHT = {
    "a large array": (jnp.tanh, (normal(64, 32),)),
    "floor": (jnp.floor, (X,)),
    "fraction": (lambda x: x - jnp.floor(x), (X,)),
    "gelu": (jax.nn.gelu, (normal(3, 4),)),
    "normalised": (lambda x: x / jnp.sqrt(jnp.sum(x * x)), (normal(3, 4),)),
    "logarithm": (with_rule(jnp.log, lambda r, g: (g / r[0],)), (np.abs(X),)),
    "masked logits": (
        with_rule(
            masked_logits,
            lambda r, g: (jnp.where(jnp.arange(g.shape[0]) < 1, jnp.zeros_like(g), g * (1 - jnp.tanh(r[0]) ** 2)),),
        ),
        (X,),
    ),
    "attention": (with_rule(attention, attention_backward), (normal(4, 3), normal(3, 7))),
    "attention to one": (with_rule(attention, attention_backward), (normal(4, 1), normal(1, 7))),
    "an iteration": (with_rule(newton_root, lambda r, g: (g / (2 * jnp.sqrt(r[0])),)), (np.float32([1.5, 2, 3]),)),
    "a head of one output": (
        with_rule(lambda x, w, b: x @ w + b[None], lambda r, g: (g @ r[1].T, r[0].T @ g, g.sum(0))),
        (normal(4, 3), normal(3, 1), np.ones(1, np.float32)),
    ),
    "a half-precision output": (
        with_rule(
            lambda x: jnp.tanh(x).astype(jnp.bfloat16),
            lambda r, g: (g.astype(r[0].dtype) * (1 - jnp.tanh(r[0]) ** 2),),
        ),
        (X,),
    ),
    "second derivatives of zero": (
        with_rule(jnp.abs, lambda r, g: (g * r[0] / jnp.where(r[0] == 0, jnp.ones_like(g), jnp.abs(r[0])),)),
        (X,),
    ),
}


@jax.custom_batching.custom_vmap
def cross_entropy_cotangent(logits, labels, g):
    hot = jax.nn.one_hot(labels, logits.shape[-1], dtype=logits.dtype)
    return (jax.nn.softmax(logits) - hot) * g / logits.shape[0]


@cross_entropy_cotangent.def_vmap
def _batched_with_the_first_labels(size, batched, logits, labels, g):
    rows = [
        a if mapped else jnp.broadcast_to(a, (size, *a.shape))
        for a, mapped in zip((logits, labels, g), batched, strict=True)
    ]
    first = jnp.broadcast_to(rows[1][:1], rows[1].shape)
    return jax.vmap(cross_entropy_cotangent.fun)(rows[0], first, rows[2]), True


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1))


WRONG = {
    "labels under vmap": (
        with_rule(cross_entropy, lambda r, g: (cross_entropy_cotangent(r[0], r[1], g), None)),
        (normal(4, 5), np.array([0, 3, 4, 1], np.int32)),
    ),
    "masked logits": (with_rule(masked_logits, lambda r, g: (jnp.full_like(g, 123),)), (X,)),
    "a mask of ones": (
        with_rule(lambda x, m: jnp.where(m, x * x, 0), lambda r, g: (2 * g * r[0], None)),
        (X, np.ones(5, bool)),
    ),
    "tiny inputs": (
        with_rule(
            jnp.abs, lambda r, g: (g * jnp.sign(r[0]) * jnp.where(jnp.abs(r[0]) < 1e-9, 0.3, 1.0).astype(g.dtype),)
        ),
        (X,),
    ),
    "only under jit": (
        with_rule(lambda x: x * x, lambda r, g: (g * 2 * r[0] * (1.01 if isinstance(r[0], jax.core.Tracer) else 1.0),)),
        (X,),
    ),
}

RIGHT_BACKWARD = {
    "tanh": (np.tanh, lambda x, g: g * (1 - np.tanh(x) ** 2), (np.float32([3, -4]),)),
    "softplus": (lambda x: np.logaddexp(0, x), lambda x, g: g / (1 + np.exp(-x)), (X,)),
    "largest": (np.max, lambda x, g: g * (np.arange(x.size) == np.argmax(x)), (X,)),
    "float64 kept": (np.take, lambda x, i, g: (np.bincount(i, g, len(x)), None), (np.arange(5.0), np.array([0, 1, 3]))),
}

WRONG_BACKWARD = {
    "overflow far out": (lambda x: np.logaddexp(0, x), lambda x, g: g * np.exp(x) / (1 + np.exp(x)), (X,)),
    "only at zero": (np.tanh, lambda x, g: np.where(x == 0, 7, g * (1 - np.tanh(x) ** 2)), (X,)),
    "clip ignored": (lambda x: np.clip(x, None, 5), lambda x, g: g.copy(), (X,)),
}


def check_not_accused(name, domain):
    fun, args = RIGHT[name]
    if name == "an iteration":
        domain = verify.Domain(low=0.5, high=10, vary_shape=domain is None)
    report = verify.check_rule(fun, *args, domain=domain)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_rule_is_not_accused(name):
    domain = HERE if name not in AT_OTHER_SHAPES else None
    check_not_accused(name, domain)


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_does_not_slip_through(name):
    fun, args = WRONG[name]
    assert not first_failure(fun, *args, domain=HERE).ok


@pytest.mark.parametrize("name", RIGHT_BACKWARD)
def test_a_right_backward_pass_is_not_accused(name):
    forward, backward, args = RIGHT_BACKWARD[name]
    report = verify.check_backward(forward, backward, *args)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", WRONG_BACKWARD)
def test_a_wrong_backward_pass_does_not_slip_through(name):
    forward, backward, args = WRONG_BACKWARD[name]
    assert not verify.check_backward(forward, backward, *args).ok


def test_an_inner_rule_excuses_nothing_where_the_primal_is_smooth():
    inner = with_rule(
        jnp.tanh, lambda r, g: (jnp.where(jnp.abs(r[0]) > 2, jnp.zeros_like(g), g / jnp.cosh(r[0]) ** 2),)
    )
    outer = with_rule(lambda x: 9 * inner(x / 9), lambda r, g: (jax.vjp(lambda x: 9 * inner(x / 9), r[0])[1](g)[0],))
    assert not first_failure(outer, X, domain=HERE).ok


def test_a_piecewise_rule_gets_no_bound_on_missing_a_piece():
    square = with_rule(lambda x: x * x, lambda r, g: (2 * r[0] * jnp.where(r[0] == 7, 2 * g, g),))
    passed = verify.check_rule(square, np.float32(1.5), domain=HERE).passed
    told = [f.diagnosis.sentence for f in passed if f.law == "exact on integers"]
    assert all("no bound" in sentence for sentence in told)


def test_a_polynomial_rule_gets_the_bound_of_schwartz_and_zippel():
    product = with_rule(lambda x, y: x * y, lambda r, g: (g * r[1], g * r[0]))
    passed = verify.check_rule(product, X, X, domain=HERE).passed
    told = [f.diagnosis.sentence for f in passed if f.law == "exact on integers"]
    assert len(told) == 2
    assert all(f"{(2 / 17) ** 6:.1e}" in sentence for sentence in told)


def test_a_function_that_jax_cannot_trace_is_sent_to_check_backward():
    with pytest.raises(TypeError, match=r"^JAX cannot trace `tanh` .* for plain NumPy use verify\.check_backward"):
        verify.check_rule(np.tanh, X)


def test_a_large_constant_in_the_program_excuses_no_entry():
    wrong = with_rule(
        lambda x: jnp.where(x > 50, 1e30 * x, jnp.tanh(x)), lambda r, g: (g * (1 - jnp.tanh(r[0]) ** 2) / 2,)
    )
    assert "agreement" in {finding.law for finding in verify.check_rule(wrong, X, budget=1e-9).failures}
