"""Faults that are fitted to the cotangent: each is named, and what resembles it is not called by its name."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

X = np.asarray([0.5, -1.25, 2.0], np.float32)
Y = np.asarray([1.5, 0.75, -0.5], np.float32)
SQUARE = np.asarray([[0.5, -1.25], [2.0, 0.75]], np.float32)
ROWS = np.asarray([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], np.float32)
KERNEL = np.asarray([0.5, -1.0, 2.0], np.float32)
SIGNAL = np.asarray([0.5, -1.25, 2.0, 1.5, 0.25], np.float32)


def convolved(x, k):
    n = x.shape[0] - k.shape[0] + 1
    return sum(k[i] * x[i : i + n] for i in range(k.shape[0]))


def right(primal):
    """The right cotangents of a primal: what the faults below are built from."""
    return lambda *arguments_and_g: jax.vjp(primal, *arguments_and_g[:-1])[1](arguments_and_g[-1])


def tanh_at_output(x, g):
    return (g * (1 - jnp.tanh(jnp.tanh(x)) ** 2),)


def relu(x):
    return jnp.where(x > 0, x, 0 * x)


def shift(x):
    return jnp.pad(x[:-1], (1, 0))


def gradient_of(primal, change):
    """The right cotangents after `change(*cotangents)`."""
    return lambda *a: change(*right(primal)(*a))


def matmul(a, b):
    return a @ b


def softmax(x):
    return jax.nn.softmax(x)


def affine(x, b):
    return 2 * x + b


def two(x):
    return jnp.sin(x), x * x


FAULTS = {
    "sign": (jnp.sin, gradient_of(jnp.sin, lambda d: (-d,)), (X,), "x"),
    "sign of some entries": (jnp.sin, lambda x, g: (jnp.where(x > 0, -g, g) * jnp.cos(x),), (X,), "x"),
    "zero": (lambda x, y: x * y, lambda x, y, g: (g * y, 0 * y), (X, Y), "y"),
    "constant-factor": (jnp.sin, lambda x, g: (g * jnp.cos(x) / 3,), (X,), "x"),
    "constant-factor of a mean": (lambda x, b: x + b, lambda x, b, g: (g, jnp.mean(g)), (X, X[0]), "b"),
    "constant-factor of an argument": (lambda x, s: s * x, lambda x, s, g: (g, jnp.sum(g * x)), (X, X[2]), "x"),
    "wrong-side": (relu, lambda x, g: (jnp.where(x < 0, g, 0 * g),), (X,), "x"),
    "wrong-side of two": (
        lambda x, y: jnp.minimum(x, y),
        lambda x, y, g: (jnp.where(x > y, g, 0 * g), jnp.where(x > y, 0 * g, g)),
        (X, Y),
        "x",
    ),
    "other-argument": (lambda x, y: jnp.sin(x) * y, lambda x, y, g: (g * jnp.sin(x), g * jnp.sin(x)), (X, Y), "x"),
    "kernel-not-flipped": (convolved, gradient_of(convolved, lambda dx, dk: (dx, dk[::-1])), (SIGNAL, KERNEL), "k"),
    "kernel-not-flipped in the kernel's place": (
        convolved,
        lambda x, k, g: (right(convolved)(x, k[::-1], g)[0], right(convolved)(x, k, g)[1]),
        (SIGNAL, KERNEL),
        "x",
    ),
    "shifted": (jnp.sin, gradient_of(jnp.sin, lambda d: (shift(d),)), (SIGNAL,), "x"),
    "transposed": (matmul, gradient_of(matmul, lambda da, db: (da, db.T)), (SQUARE, SQUARE), "b"),
    "transposed argument": (matmul, lambda a, b, g: (g @ b, a.T @ g), (SQUARE, SQUARE), "a"),
    "transposed Jacobian": (lambda x: jnp.cumsum(x), lambda x, g: (jnp.cumsum(g),), (SIGNAL,), "x"),
    "diagonal-only": (softmax, lambda x, g: (g * softmax(x) * (1 - softmax(x)),), (X,), "x"),
    "sum-over-axis": (
        jnp.sin,
        gradient_of(jnp.sin, lambda d: (0 * d + jnp.sum(d, axis=-1, keepdims=True),)),
        (ROWS,),
        "x",
    ),
    "sum-over-axis forgotten": (
        lambda x, b: x + b[None],
        lambda x, b, g: (g, g[0]),
        (ROWS, X),
        "b",
    ),
    "derivative-at-output": (jnp.tanh, tanh_at_output, (X,), "x"),
    "cotangent-ignored": (jnp.sin, lambda x, g: (jnp.cos(x),), (X,), "x"),
    "cotangent-ignored of one output": (two, lambda x, g: (g[0] * jnp.cos(x),), (X,), "x"),
    "cotangent-clipped": (jnp.sin, lambda x, g: (jnp.clip(g, -1, 1) * jnp.cos(x),), (X,), "x"),
    "cotangent-clipped far out": (jnp.sin, lambda x, g: (jnp.clip(g, -50, 50) * jnp.cos(x),), (X,), "x"),
    "cotangent-clipped in norm": (
        jnp.sin,
        lambda x, g: (g / jnp.maximum(1, jnp.linalg.norm(g)) * jnp.cos(x),),
        (X,),
        "x",
    ),
}
SENTENCES = {
    "sign": "d_x equals minus the right gradient.",
    "constant-factor": "d_x equals the right gradient times 1/3",
    "constant-factor of a mean": "a mean over the 2 entries of the output where a sum belongs",
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


def agreement(report, argument):
    (finding,) = [f for f in report.failures if (f.law, f.argument) == ("agreement", argument)]
    return finding.diagnosis


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(with_rule, fault):
    primal, backward, arguments, argument = FAULTS[fault]
    found = agreement(verify.check_rule(with_rule(primal, backward), *arguments), argument)
    assert found is not None
    assert found.code == fault.split()[0]
    assert SENTENCES.get(fault, "") in found.sentence


@pytest.mark.parametrize("fault", UNNAMED)
def test_a_fault_that_none_of_the_names_fits_gets_none(with_rule, fault):
    primal, backward, arguments, argument = UNNAMED[fault]
    assert agreement(verify.check_rule(with_rule(primal, backward), *arguments), argument) is None


def test_a_right_rule_has_nothing_to_explain(with_rule, monkeypatch):
    monkeypatch.setattr("verify.diagnosis.explain", None)  # not even looked at
    assert verify.check_rule(with_rule(jnp.sin, lambda x, g: (g * jnp.cos(x),)), X).ok
