"""Rules that treat the cotangent, the dtype, or earlier calls wrongly."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ._pair import Fun, Maker, Pair, jvp, normal, require, save, slope_vjp, vjp
from .normalisation import deviation, deviation_right

Array = jax.Array
X = normal((4, 6), seed=151)


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return jnp.logaddexp(x, jnp.zeros_like(x))


def with_cotangent(primal: Fun, slope: Fun, change: Fun) -> Maker:
    """An elementwise rule that changes the cotangent before use."""
    return vjp(primal, lambda x: (primal(x), x), lambda x, g: (change(g) * slope(x),))


def cap_norm(g: Array) -> Array:
    """Scales the cotangent down to length 100."""
    return g * jnp.minimum(1, 100 / jnp.sqrt(jnp.sum(g * g) + 1e-12))


def tape(pair_with: str) -> Maker:
    """tanh with its residual kept outside the rule: `last` on a tape, `shape` in a cache."""

    def make() -> Fun:
        fun = jax.custom_vjp(lambda x: jnp.tanh(x))
        last: list[Array] = []
        cache: dict[tuple[int, ...], Array] = {}

        def forward(x: Array) -> tuple[Array, None]:
            y = jnp.tanh(x)
            if pair_with == "last":
                last.append(y)
            else:
                cache.setdefault(y.shape, y)
            return y, None

        def backward(_: None, g: Array) -> tuple[Array]:
            y = last[-1] if pair_with == "last" else cache[g.shape]
            return (g * (1 - y * y),)

        fun.defvjp(forward, backward)
        return fun

    return make


def tanh_slope(x: Array) -> Array:
    """1 - tanh(x)**2."""
    return 1 - jnp.square(jnp.tanh(x))


def counting(times: int) -> Maker:
    """exp whose rule takes the count of its backward passes for a loss scale."""

    def make() -> Fun:
        fun = jax.custom_vjp(lambda x: jnp.exp(x))
        calls = [0]

        def backward(y: Array, g: Array) -> tuple[Array]:
            calls[0] += 1
            return (g * y if calls[0] <= times else 0.5 * g * y,)

        fun.defvjp(lambda x: (jnp.exp(x), jnp.exp(x)), backward)
        return fun

    return make


def cast(kind: Any, back: bool) -> Fun:
    """A backward pass of tanh computed in another dtype."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        d = g.astype(kind) * tanh_slope(x.astype(kind))
        return (d.astype(x.dtype) if back else d,)

    return backward


def ridge(w: dict[str, Array], x: Array) -> Array:
    """Half the mean of squares of x @ w, plus half the squares of w."""
    require(w["w"].shape == x.shape[1:])
    r = jnp.einsum("ni,i->n", x, w["w"])
    return 0.5 * jnp.mean(r * r) + 0.5 * jnp.sum(jnp.square(w["w"]))


def ridge_back(use: bool) -> Fun:
    """The slip assumes a cotangent of one, as for the last function before grad."""

    def backward(res: tuple[dict[str, Array], Array], g: Array) -> tuple[dict[str, Array], Array]:
        w, x = res[0]["w"], res[1]
        g = g if use else jnp.ones_like(g)
        r = jnp.einsum("ni,i->n", x, w) / x.shape[0]
        return {"w": g * (jnp.einsum("n,ni->i", r, x) + w)}, g * jnp.outer(r, w)

    return backward


def one_pass(x: Array) -> Array:
    """Mean of squares less square of mean."""
    return jnp.mean(x * x, axis=-1) - jnp.square(jnp.mean(x, axis=-1))


def deviation_by_squares(res: tuple[Array], g: Array) -> tuple[Array]:
    """(x - m) / (n * std) with the variance of one pass."""
    (x,) = res
    v = one_pass(x)
    s = jnp.sqrt(jnp.where(v <= 0, 1, v))
    d = x - jnp.mean(x, axis=-1, keepdims=True)
    return ((g / s)[..., None] * d / x.shape[-1],)


def weights(dtype: Any) -> tuple[Any, ...]:
    """A dict of weights, and inputs."""
    w, x = normal((4,), (7, 4), seed=155)(dtype)
    return {"w": w}, x


def kept_input(primal: Fun, backward: Fun) -> Maker:
    """A rule of one argument that keeps it."""
    return vjp(primal, lambda x: (primal(x), x), backward)


SIGMOID_SLOPE = jax.nn.sigmoid
SOFTPLUS = slope_vjp(softplus, SIGMOID_SLOPE)
EXP = slope_vjp(jnp.exp, jnp.exp)
TANH = slope_vjp(jnp.tanh, tanh_slope)
PAIRS = (
    Pair("exp_clipped", "exp", "cotangent-clipped", EXP,
         with_cotangent(jnp.exp, jnp.exp, lambda g: jnp.clip(g, -10, 10)), X, True,
         "cotangents are clipped to [-10, 10] to keep training stable", "cotangent-clipped", jnp.exp),
    Pair("softplus_norm_cap", "softplus", "cotangent-clipped", SOFTPLUS,
         with_cotangent(softplus, SIGMOID_SLOPE, cap_norm), X, True,
         "cotangents longer than 100 are scaled down", "cotangent-clipped", softplus),
    Pair("tanh_tiny_dropped", "tanh", "cotangent-thresholded", TANH,
         with_cotangent(jnp.tanh, tanh_slope, lambda g: jnp.where(jnp.abs(g) < 1e-6, 0, g)), X, True,
         "cotangents below 1e-6 are dropped", "cotangent-clipped", jnp.tanh),
    Pair("exp_sign_only", "exp", "cotangent-sign", EXP, with_cotangent(jnp.exp, jnp.exp, jnp.sign), X, False,
         "only the sign of the cotangent is used", None, jnp.exp),
    Pair("ridge_unit_cotangent", "mse", "cotangent-ignored", vjp(ridge, save(ridge), ridge_back(True)),
         vjp(ridge, save(ridge), ridge_back(False)), weights, False, "the cotangent of the loss is taken to be one",
         "cotangent-ignored", ridge),
    Pair("tanh_secant", "tanh", "tangent-nonlinear",
         jvp(jnp.tanh, lambda p, t: (jnp.tanh(p[0]), tanh_slope(p[0]) * t[0])),
         jvp(jnp.tanh, lambda p, t: (jnp.tanh(p[0]), jnp.tanh(p[0] + t[0]) - jnp.tanh(p[0]))), X, False,
         "the tangent is a difference of values, not linear in its input: cannot be transposed", "structure",
         jnp.tanh, "jvp"),
    Pair("tanh_last_call", "tanh", "stale-state", TANH, tape("last"), X, True,
         "the residual is read from the latest call, whichever that was", "state", jnp.tanh),
    Pair("tanh_first_call", "tanh", "stale-state", TANH, tape("shape"), X, True,
         "the residual of the first call of each shape is kept for ever", "state", jnp.tanh),
    Pair("exp_counter", "exp", "stale-state", EXP, counting(1), X, True,
         "the scale of the gradient changes after the first backward pass", "state", jnp.exp),
    Pair("tanh_single", "tanh", "wrong-dtype", TANH, kept_input(jnp.tanh, cast(jnp.float32, False)), X, True,
         "the cotangent comes back as float32 whatever the input", "dtype", jnp.tanh),
    Pair("tanh_bfloat", "tanh", "low-precision", TANH, kept_input(jnp.tanh, cast(jnp.bfloat16, True)), X, False,
         "the rule computes in bfloat16", "precision", jnp.tanh),
    Pair("deviation_one_pass", "variance", "precision",
         vjp(deviation, save(deviation), deviation_right),
         vjp(deviation, save(deviation), deviation_by_squares), normal((4, 6), seed=156), True,
         "the rule's variance cancels for data far from zero", "precision", deviation),
)
