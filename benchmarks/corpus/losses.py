"""Regression and margin losses."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._pair import Pair, alike, jvp, normal, save, vjp

Array = jax.Array
Two = tuple[Array, Array]
PAIR = normal((5, 4), (5, 4), seed=21)


@alike
def mse(pred: Array, target: Array) -> Array:
    """Mean squared error."""
    return jnp.mean(jnp.square(pred - target))


def mse_back(count: Any, factor: float = 2.0) -> Any:
    """factor * (pred - target) / count."""

    def backward(res: Two, g: Array) -> Two:
        d = g * factor * (res[0] - res[1]) / count(res[0])
        return d, -d

    return backward


@alike
def huber(pred: Array, target: Array) -> Array:
    """Huber loss of each entry with delta = 1."""
    a = jnp.abs(pred - target)
    near = jnp.minimum(a, 1)
    return 0.5 * near * near + (a - near)


@alike
def wide_huber(pred: Array, target: Array) -> Array:
    """Huber loss of each entry with delta = 0.5."""
    a = jnp.abs(pred - target)
    near = jnp.minimum(a, 0.5)
    return 0.5 * near * near + 0.5 * (a - near)


def residual_back(slope: Any) -> Any:
    """The two arguments get slope(pred - target) with opposite signs."""

    def backward(res: Two, g: Array) -> Two:
        d = g * slope(res[0] - res[1])
        return d, -d

    return backward


@alike
def hinge(score: Array, label: Array) -> Array:
    """max(0, 1 - label * score)."""
    return jnp.maximum(0, 1 - label * score)


def hinge_rule(active: Any) -> Any:
    """custom_jvp of the hinge, with the margins where it is active."""

    def rule(primals: Two, tangents: Two) -> Two:
        (s, y), (ts, ty) = primals, tangents
        return hinge(s, y), jnp.where(active(y * s), -(y * ts + s * ty), 0)

    return jvp(hinge, rule)


@alike
def triplet(anchor: Array, positive: Array, negative: Array) -> Array:
    """max(0, |a - p|**2 - |a - n|**2 + 1) of each row."""
    dp = jnp.sum(jnp.square(anchor - positive), axis=-1)
    dn = jnp.sum(jnp.square(anchor - negative), axis=-1)
    return jnp.maximum(dp - dn + 1, 0)


def triplet_back(swapped: bool) -> Any:
    """Gradients of the active rows."""

    def backward(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
        a, p, n = res
        active = jnp.where(triplet(a, p, n) > 0, g, 0)[..., None]
        da, dp, dn = 2 * active * (n - p), 2 * active * (p - a), 2 * active * (a - n)
        return (da, dn, dp) if swapped else (da, dp, dn)

    return backward


@alike
def pinball(pred: Array, target: Array) -> Array:
    """Quantile loss of each entry for the quantile 0.9."""
    d = target - pred
    return jnp.maximum(0.9 * d, -0.1 * d)


@alike
def gaussian_nll(mean: Array, log_var: Array, target: Array) -> Array:
    """Negative log likelihood of each entry, up to a constant."""
    return 0.5 * (log_var + jnp.square(target - mean) * jnp.exp(-log_var))


def nll_back(ignore: bool) -> Any:
    """`ignore` leaves the normaliser's own share of the log variance out."""

    def backward(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
        m, s, t = res
        z = (t - m) * jnp.exp(-s)
        return -g * z, 0.5 * g * ((0 if ignore else 1) - z * (t - m)), g * z

    return backward


def close(dtype: Any) -> tuple[Any, ...]:
    """A prediction near its target."""
    rng = np.random.default_rng(22)
    t = rng.standard_normal((5, 4))
    return (t + 0.2 * rng.uniform(-1, 1, t.shape)).astype(dtype), t.astype(dtype)


def labelled(dtype: Any) -> tuple[Any, ...]:
    """Scores and labels of -1 or 1."""
    rng = np.random.default_rng(23)
    return rng.standard_normal(20).astype(dtype), np.sign(rng.standard_normal(20)).astype(dtype)


PAIRS = (
    Pair("mse_half", "mse", "constant-factor", vjp(mse, save(mse), mse_back(lambda x: x.size)),
         vjp(mse, save(mse), mse_back(lambda x: x.size, 1.0)), PAIR, False, "the two of the square is forgotten",
         "constant-factor", mse),
    Pair("mse_batch", "mse", "rank-1-only", vjp(mse, save(mse), mse_back(lambda x: x.size)),
         vjp(mse, save(mse), mse_back(lambda x: x.shape[0])), normal((16,), (16,), seed=24), True,
         "divides by the batch only: right for one output per row", "constant-factor", mse),
    Pair("huber_linear", "huber", "missing-branch",
         vjp(huber, save(huber), residual_back(lambda d: jnp.clip(d, -1, 1))),
         vjp(huber, save(huber), residual_back(lambda d: d)), close, True,
         "residuals beyond delta keep the quadratic gradient", None, huber),
    Pair("huber_delta", "huber", "parameter-dropped",
         vjp(wide_huber, save(wide_huber), residual_back(lambda d: jnp.clip(d, -0.5, 0.5))),
         vjp(wide_huber, save(wide_huber), residual_back(lambda d: jnp.where(jnp.abs(d) <= 0.5, d, jnp.sign(d)))),
         PAIR, False, "the linear part's slope lacks delta", None, wide_huber),
    Pair("hinge_side", "hinge", "wrong-side", hinge_rule(lambda m: m < 1), hinge_rule(lambda m: m > 1), labelled,
         False, "the gradient is on for the points beyond the margin", "wrong-side", hinge, "jvp"),
    Pair("triplet_swap", "triplet", "argument-swapped", vjp(triplet, save(triplet), triplet_back(False)),
         vjp(triplet, save(triplet), triplet_back(True)), normal((6, 4), (6, 4), (6, 4), seed=25), False,
         "positive and negative get each other's gradient", "other-argument", triplet),
    Pair("pinball_side", "quantile", "wrong-side",
         vjp(pinball, save(pinball), residual_back(lambda d: jnp.where(d < 0, jnp.full_like(d, -0.9), 0.1))),
         vjp(pinball, save(pinball), residual_back(lambda d: jnp.where(d < 0, jnp.full_like(d, -0.1), 0.9))),
         PAIR, False, "q and 1 - q are exchanged", "wrong-side", pinball),
    Pair("nll_normaliser", "gaussian-nll", "missing-term", vjp(gaussian_nll, save(gaussian_nll), nll_back(False)),
         vjp(gaussian_nll, save(gaussian_nll), nll_back(True)), normal((8,), (8,), (8,), seed=26), False,
         "the derivative of log_var itself is missing", None, gaussian_nll),
)
