"""Rules over time, and implicit differentiation."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Fun, Pair, normal, require, save, slope_jvp, vjp

Array = jax.Array


def recurrence(a: Array, x: Array, h0: Array) -> Array:
    """h[t] = a[t] * h[t-1] + x[t]."""
    require(a.shape == x.shape and h0.shape == x.shape[1:])

    def step(h: Array, ax: tuple[Array, Array]) -> tuple[Array, Array]:
        h = ax[0] * h + ax[1]
        return h, h

    return lax.scan(step, h0, (a, x))[1]


def recurrence_back(previous: bool = True, start: bool = True) -> Any:
    """a[t] meets h[t-1]; the slips take h[t], or zero before the first step."""

    def backward(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
        a, x, h0 = res
        h = recurrence(a, x, h0)
        shifted = jnp.concatenate([a[1:], jnp.zeros_like(a[:1])])
        dx = recurrence(shifted[::-1], g[::-1], jnp.zeros_like(h0))[::-1]
        first = h0 if start else jnp.zeros_like(h0)
        before = jnp.concatenate([first[None], h[:-1]]) if previous else h
        return dx * before, dx, dx[0] * a[0]

    return backward


def average(x: Array, alpha: Array) -> Array:
    """Exponential moving average along the first axis, from the first entry on."""
    require(alpha.shape == ())

    def step(y: Array, xt: Array) -> tuple[Array, Array]:
        y = y + alpha * (xt - y)
        return y, y

    return lax.scan(step, x[0], x)[1]


def average_back(carried: bool) -> Any:
    """`carried` lets the weight act through the earlier averages too."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        x, alpha = res
        y = average(x, alpha)

        def step(c: Array, gt: Array) -> tuple[Array, Array]:
            c = gt + (1 - alpha) * c
            return c, c

        first, d = lax.scan(step, jnp.zeros_like(x[0]), g, reverse=True)
        dx = (alpha * d).at[0].add((1 - alpha) * first)
        before = jnp.concatenate([x[:1], y[:-1]])
        return dx, jnp.sum((d if carried else g) * (x - before))

    return backward


def rnn(params: dict[str, Array], xs: Array) -> Array:
    """States of a tanh network, from zero."""
    require(params["recurrent"].shape == params["bias"].shape * 2)
    require(params["input"].shape == params["bias"].shape + xs.shape[1:] and xs.ndim == 2)

    def step(h: Array, x: Array) -> tuple[Array, Array]:
        h = jnp.tanh(params["recurrent"] @ h + params["input"] @ x + params["bias"])
        return h, h

    return lax.scan(step, jnp.zeros_like(params["bias"]), xs)[1]


def rnn_back(swapped: bool) -> Any:
    """Backpropagation through time; the slip exchanges the two matrices."""

    def backward(res: tuple[dict[str, Array], Array], g: Array) -> tuple[dict[str, Array], Array]:
        p, xs = res
        hs = rnn(p, xs)

        def step(c: Array, gh: tuple[Array, Array]) -> tuple[Array, Array]:
            z = (gh[0] + c) * (1 - gh[1] * gh[1])
            return p["recurrent"].T @ z, z

        z = lax.scan(step, jnp.zeros_like(p["bias"]), (g, hs), reverse=True)[1]
        before = jnp.concatenate([jnp.zeros_like(hs[:1]), hs[:-1]])
        dr, di = z.T @ before, z.T @ xs
        if swapped:
            dr, di = di, dr
        return {"recurrent": dr, "input": di, "bias": jnp.sum(z, axis=0)}, z @ p["input"]

    return backward


def cell(gates: Array, c: Array) -> tuple[Array, Array]:
    """The state update of an LSTM: gates (..., 4, n) and memory (..., n) to output and memory."""
    require(gates.shape == (*c.shape[:-1], 4, *c.shape[-1:]))
    i, f, o = (jax.nn.sigmoid(gates[..., j, :]) for j in range(3))
    new = f * c + i * jnp.tanh(gates[..., 3, :])
    return o * jnp.tanh(new), new


def cell_back(memory: bool) -> Any:
    """`memory` uses the second output's cotangent."""

    def backward(res: tuple[Array, Array], gs: tuple[Array, Array]) -> tuple[Array, Array]:
        gates, c = res
        i, f, o = (jax.nn.sigmoid(gates[..., j, :]) for j in range(3))
        u = jnp.tanh(gates[..., 3, :])
        t = jnp.tanh(f * c + i * u)
        dc = gs[0] * o * (1 - t * t)
        if memory:
            dc = dc + gs[1]
        parts = [dc * u * i * (1 - i), dc * c * f * (1 - f), gs[0] * t * o * (1 - o), dc * i * (1 - u * u)]
        return jnp.stack(parts, axis=-2), dc * f

    return backward


def shrunk(w: Array) -> Array:
    """A matrix whose rows have sums of sizes below 0.8."""
    return 0.8 * jnp.tanh(w) / w.shape[-1]


def fixed_point(w: Array, x: Array) -> Array:
    """The z for which z = tanh(v z + x), where v is the shrunk w."""
    require(w.shape == x.shape * 2)
    v = shrunk(w)
    return lax.scan(lambda z, _: (jnp.tanh(v @ z + x), None), jnp.zeros_like(x), None, length=150)[0]


def implicit(adjoint: Fun) -> Any:
    """The implicit function theorem; `adjoint(m, g)` solves u = g + m' u for the Jacobian m."""

    def forward(w: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
        z = fixed_point(w, x)
        return z, (w, z)

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        w, z = res
        s = 1 - z * z
        u = adjoint(s[:, None] * shrunk(w), g) * s
        slope = 0.8 * (1 - jnp.square(jnp.tanh(w))) / w.shape[-1]
        return jnp.outer(u, z) * slope, u

    return vjp(fixed_point, forward, backward)


def exact(m: Array, g: Array) -> Array:
    """By a linear solve."""
    return jnp.linalg.solve(jnp.eye(g.shape[0], dtype=g.dtype) - m.T, g)


def unturned(m: Array, g: Array) -> Array:
    """With the Jacobian not transposed."""
    return jnp.linalg.solve(jnp.eye(g.shape[0], dtype=g.dtype) - m, g)


def truncated(m: Array, g: Array) -> Array:
    """By five iterations, enough for a strong contraction only."""
    u = g
    for _ in range(5):
        u = g + m.T @ u
    return u


def cubic_root(x: Array) -> Array:
    """The z with z**3 + z = x."""
    return 2 / math.sqrt(3) * jnp.sinh(jnp.arcsinh(1.5 * math.sqrt(3) * x) / 3)


def discount(rewards: Array) -> Array:
    """Discounted sums of what is to come, along the last axis."""
    flipped = jnp.moveaxis(rewards, -1, 0)
    zero = jnp.zeros_like(flipped[0])
    sums = lax.scan(lambda c, r: (r + 0.9 * c, r + 0.9 * c), zero, flipped, reverse=True)[1]
    return jnp.moveaxis(sums, 0, -1)


def network(dtype: Any) -> tuple[Any, ...]:
    """Parameters as a dict, and five inputs."""
    r, i, b, x = normal((4, 4), (4, 4), (4,), (5, 4), seed=121, scale=0.6)(dtype)
    return {"recurrent": r, "input": i, "bias": b}, x


def from_rest(dtype: Any) -> tuple[Any, ...]:
    """A sequence that starts from a state of zeros."""
    a, x, h = normal((6, 3), (6, 3), (3,), seed=122)(dtype)
    return a, x, 0 * h


def contraction(scale: float) -> Any:
    """A matrix of this size and a vector."""
    return lambda d: (*normal((4, 4), seed=123, scale=scale)(d), *normal((4,), seed=124)(d))


PAIRS = (
    Pair("recurrence_late", "linear-recurrence", "off-by-one",
         vjp(recurrence, save(recurrence), recurrence_back()),
         vjp(recurrence, save(recurrence), recurrence_back(previous=False)), normal((6, 3), (6, 3), (3,), seed=125),
         False, "a[t] meets h[t] in place of h[t-1]", "shifted", recurrence),
    Pair("recurrence_start", "linear-recurrence", "zero-state-assumed",
         vjp(recurrence, save(recurrence), recurrence_back()),
         vjp(recurrence, save(recurrence), recurrence_back(start=False)), from_rest, True,
         "the first step is taken to start from zero", None, recurrence),
    Pair("average_carry", "linear-recurrence", "missing-term", vjp(average, save(average), average_back(True)),
         vjp(average, save(average), average_back(False)),
         lambda d: (*normal((7, 3), seed=126)(d), np.asarray(0.3, d)), False,
         "the weight's effect through earlier averages is forgotten", None, average),
    Pair("rnn_swap", "rnn", "argument-swapped", vjp(rnn, save(rnn), rnn_back(False)),
         vjp(rnn, save(rnn), rnn_back(True)), network, False, "the two matrices get each other's gradient",
         "other-argument", rnn),
    Pair("lstm_memory", "rnn", "output-ignored", vjp(cell, save(cell), cell_back(True)),
         vjp(cell, save(cell), cell_back(False)), normal((2, 4, 3), (2, 3), seed=127), False,
         "the memory's cotangent is ignored", "cotangent-ignored", cell),
    Pair("fixed_point_turned", "implicit", "transposed", implicit(exact), implicit(unturned), contraction(1.0), False,
         "the Jacobian in the adjoint equation is not transposed", "transposed", fixed_point),
    Pair("fixed_point_truncated", "implicit", "truncated-iteration", implicit(exact), implicit(truncated),
         contraction(0.005), True, "five iterations of the adjoint do not suffice for a weak contraction", None,
         fixed_point),
    Pair("cubic_root_power", "implicit", "forgotten-chain-factor",
         slope_jvp(cubic_root, lambda x: 1 / (1 + 3 * jnp.square(cubic_root(x)))),
         slope_jvp(cubic_root, lambda x: 1 / (1 + jnp.square(cubic_root(x)))), normal((), seed=128), False,
         "the three of the cube's derivative is forgotten", None, cubic_root, "jvp"),
    Pair("discount_direction", "linear-recurrence", "transposed",
         vjp(discount, save(discount), lambda res, g: (discount(g[..., ::-1])[..., ::-1],)),
         vjp(discount, save(discount), lambda res, g: (discount(g),)), normal((2, 6), seed=129), False,
         "the cotangent runs in the direction of the primal", "transposed", discount),
)
