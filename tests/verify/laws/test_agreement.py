"""Law: the rule's cotangents are those of the primal, at every entry, shape and point."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from verify.checks import first_failure

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def ones(*shape):
    return np.ones(shape, np.float32)


def sine(x):
    return jnp.sin(x)


def square(x):
    return x * x


def largest(x):
    return jnp.max(x)


def clip(x):
    return jnp.clip(x, -6, 6)


def softplus(x):
    return jnp.logaddexp(x, jnp.zeros_like(x))


def dense(x, w):
    return x @ w


def correlate(x, w):
    if x.shape[0] < w.shape[0]:
        raise ValueError("the kernel is longer than the input")
    return jnp.convolve(x, w[::-1], "valid")


def dense_back(x, w, g):
    return g @ w.T, x.T @ g


def correlate_back(x, w, g):
    return jnp.convolve(g, w, "full"), jnp.convolve(x, g[::-1], "valid")


def to_the_first(x, g):
    return (jnp.zeros(x.size, x.dtype).at[jnp.argmax(x)].set(g).reshape(x.shape),)


# The right rule, and for each of them wrong ones: which argument is wrong, and how.
RIGHT = {
    "sine": (sine, lambda x, g: (g * jnp.cos(x),), (X,)),
    "square": (square, lambda x, g: (2 * g * x,), (X,)),
    "maximum": (largest, to_the_first, (X,)),
    "clip": (clip, lambda x, g: (jnp.where(jnp.abs(x) < 6, g, 0),), (X,)),
    "softplus": (softplus, lambda x, g: (g * jax.nn.sigmoid(x),), (X,)),
    "dense, batch 1": (dense, dense_back, (ones(1, 3), ones(3, 2))),
    "dense, batch 4": (dense, dense_back, (ones(4, 3), ones(3, 2))),
    "dense, square": (dense, dense_back, (ones(3, 3), ones(3, 3))),
    "correlation": (correlate, correlate_back, (ones(5), np.asarray([1, 2, -1], np.float32))),
}
WRONG = {
    "sign": ("sine", "x", lambda x, g: (-g * jnp.cos(x),)),
    "0.1 % in one entry": ("square", "x", lambda x, g: (2 * g * x * (1 + 1e-3 * jnp.zeros_like(x).at[0].set(1)),)),
    "every maximum": ("maximum", "x", lambda x, g: (jnp.where(x == jnp.max(x), g, 0),)),
    "no maximum of a tie": (
        "maximum",
        "x",
        lambda x, g: (jnp.where((x == jnp.max(x)) & (jnp.sum(x == jnp.max(x)) == 1), g, 0),),
    ),
    "one side of the threshold": ("clip", "x", lambda x, g: (jnp.where(x < 6, g, 0),)),
    "NaN where the exponential overflows": ("softplus", "x", lambda x, g: (g * jnp.exp(x) / (1 + jnp.exp(x)),)),
    "first row only, seen in a larger batch": (
        "dense, batch 1",
        "w",
        lambda x, w, g: (g @ w.T, x[:1].T @ g[:1]),
    ),
    "first row only, seen at the example": ("dense, batch 4", "w", lambda x, w, g: (g @ w.T, x[:1].T @ g[:1])),
    "wrong in a batch of one, seen in a smaller batch": (
        "dense, batch 4",
        "x",
        lambda x, w, g: (g @ w.T * (2 if len(x) == 1 else 1), x.T @ g),
    ),
    "right when square, seen when it is not": (
        "dense, square",
        "x",
        lambda x, w, g: (g @ w.T * (1 if w.shape[0] == w.shape[1] else 2), x.T @ g),
    ),
    "transposed, which an example of ones hides": (
        "dense, square",
        "x",
        lambda x, w, g: (g @ (w if w.shape[0] == w.shape[1] else w.T), x.T @ g),
    ),
    "padding off by one": (
        "correlation",
        "x",
        lambda x, w, g: (jnp.roll(jnp.convolve(g, w, "full"), 1), jnp.convolve(x, g[::-1], "valid")),
    ),
    "kernel not flipped": (
        "correlation",
        "x",
        lambda x, w, g: (jnp.convolve(g, w[::-1], "full"), jnp.convolve(x, g[::-1], "valid")),
    ),
}


# At other shapes too where shapes go together; a dense layer's are the same from whichever example one begins.
@pytest.mark.parametrize("name", [name for name in RIGHT if name not in ("dense, batch 1", "dense, batch 4")])
def test_a_right_rule_passes_every_law(with_rule, name):
    primal, backward, args = RIGHT[name]
    domain = None if len(args) > 1 else verify.Domain(vary_shape=False)
    report = verify.check_rule(with_rule(primal, backward), *args, domain=domain)
    assert report.ok, str(report)
    assert report.inconclusive == ()
    assert {f.argument for f in report.passed if f.law == "agreement"} == set(primal.__code__.co_varnames[: len(args)])
    assert report.worst <= 1


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_rule_is_rejected_and_its_argument_named(with_rule, failed, fault):
    name, argument, backward = WRONG[fault]
    primal, _, args = RIGHT[name]
    report = first_failure(with_rule(primal, backward), *args)
    assert {arg for law, arg in failed(report) if law == "agreement"} == {argument}
    (finding,) = (f for f in report.failures if f.law == "agreement")
    assert finding.ratio is None or not finding.ratio <= 1
    assert finding.index is not None
