"""Wrong rules whose fault is fitted to the cotangent: primal, backward, arguments, and whose gradient is wrong.

A name begins with the code of the fault; what follows says which of its kind it is.
"""

import jax
import jax.numpy as jnp
import numpy as np

X = np.asarray([0.5, -1.25, 2.0], np.float32)
Y = np.asarray([1.5, 0.75, -0.5], np.float32)
SQUARE = np.asarray([[0.5, -1.25], [2.0, 0.75]], np.float32)
ROWS = np.asarray([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], np.float32)
KERNEL = np.asarray([0.5, -1.0, 2.0], np.float32)
EVEN = np.asarray([0.5, -1.0, 2.0, 0.25], np.float32)
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


def windows(stride=1, padding=(0, 0), dilation=1):
    """A convolution of one channel."""

    def windowed(x, k):
        return jax.lax.conv_general_dilated(x[None, None], k[None, None], (stride,), [padding], None, (dilation,))[0, 0]

    return windowed


strided, dilated, same = windows(stride=2), windows(dilation=2), windows(padding=(1, 2))
longer_side_first = windows(padding=(2, 1))


def stepping_by_one(x, k):
    return windows()(x, k)[: (x.shape[0] - k.shape[0]) // 2 + 1]


def side_by_side(x, k):
    return windows()(x, k)[: x.shape[0] - 2 * (k.shape[0] - 1)]


def causal(x, k):
    return jnp.convolve(x, k)[: x.shape[0]]


def every_other(x):
    return jnp.sin(x[::2])


def hinge(x, y):
    return jnp.maximum(0, 1 - x * y)


def softmax(x):
    return jax.nn.softmax(x)


def affine(x, b):
    return 2 * x + b


def two(x):
    return jnp.sin(x), x * x


FITTED = {
    "sign": (jnp.sin, gradient_of(jnp.sin, lambda d: (-d,)), (X,), "x"),
    "sign of some entries": (jnp.sin, lambda x, g: (jnp.where(x > 0, -g, g) * jnp.cos(x),), (X,), "x"),
    "sign of one output": (two, lambda x, g: (g[0] * jnp.cos(x) - 2 * g[1] * x,), (X,), "x"),
    "zero": (lambda x, y: x * y, lambda x, y, g: (g * y, 0 * y), (X, Y), "y"),
    "constant-factor": (jnp.sin, lambda x, g: (g * jnp.cos(x) / 3,), (X,), "x"),
    "constant-factor of a mean": (lambda x, b: x + b, lambda x, b, g: (g, jnp.mean(g)), (X, X[0]), "b"),
    "constant-factor of an argument": (lambda x, s: s * x, lambda x, s, g: (g, jnp.sum(g * x)), (X, X[2]), "x"),
    "wrong-side": (relu, lambda x, g: (jnp.where(x < 0, g, 0 * g),), (X,), "x"),
    "wrong-side of a maximum": (
        hinge,
        lambda x, y, g: (jnp.where(x * y > 1, -g * y, 0 * g), jnp.where(x * y > 1, -g * x, 0 * g)),
        (X, Y),
        "x",
    ),
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
    "kernel-not-flipped in time": (
        causal,
        lambda x, k, g: (causal(g, k), right(causal)(x, k, g)[1]),
        (SIGNAL, KERNEL),
        "x",
    ),
    "stride-ignored": (
        strided,
        lambda x, k, g: (right(strided)(x, k, g)[0], right(stepping_by_one)(x, k, g)[1]),
        (SIGNAL, KERNEL),
        "k",
    ),
    "stride-ignored of slices": (
        every_other,
        lambda x, g: (jnp.pad(g * jnp.cos(x[: g.shape[0]]), (0, x.shape[0] - g.shape[0])),),
        (SIGNAL,),
        "x",
    ),
    "dilation-ignored": (
        dilated,
        lambda x, k, g: (right(dilated)(x, k, g)[0], right(side_by_side)(x, k, g)[1]),
        (SIGNAL, KERNEL),
        "k",
    ),
    "padding-off-by-one": (
        same,
        lambda x, k, g: (right(longer_side_first)(x, k, g)[0], right(same)(x, k, g)[1]),
        (SIGNAL, EVEN),
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
