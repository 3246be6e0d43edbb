"""Norms, distances, and attention."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Pair, alike, direction, jvp, length, normal, require, save, scaled, vjp

Array = jax.Array
Two = tuple[Array, Array]
QKV = normal((5, 4), (6, 4), (6, 3), seed=101)


def norm_rule(guard: bool) -> Any:
    """<x, t> / |x|, zero at zero when guarded."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> Two:
        x = primals[0]
        u = direction(x) if guard else x / length(x)[..., None]
        return length(x), jnp.sum(u * tangents[0], axis=-1)

    return jvp(length, rule)


def cubic_norm(x: Array) -> Array:
    """The norm with exponent 3 of the last axis."""
    m, s = scaled(x)
    return m[..., 0] * jnp.cbrt(jnp.sum(s * s * jnp.abs(s), axis=-1))


def cubic_norm_back(signed: bool) -> Any:
    """x |x| / n**2, where the slip forgets the sign of x."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        (x,) = res
        s = scaled(x)[1]
        n = jnp.cbrt(jnp.sum(s * s * jnp.abs(s), axis=-1, keepdims=True))
        n = jnp.where(n == 0, 1, n)
        return (g[..., None] * (s / n) * ((jnp.abs(s) if signed else s) / n),)

    return backward


@alike
def cosine(a: Array, b: Array) -> Array:
    """Cosine of the angle between rows."""
    return jnp.sum(a / length(a)[..., None] * (b / length(b)[..., None]), axis=-1)


def cosine_back(project: bool) -> Any:
    """The slip takes the lengths for constants."""

    def backward(res: Two, g: Array) -> Two:
        a, b = res
        na, nb = length(a)[..., None], length(b)[..., None]
        ua, ub, g = a / na, b / nb, g[..., None]
        c = jnp.sum(ua * ub, axis=-1, keepdims=True) if project else 0
        return g * (ub - c * ua) / na, g * (ua - c * ub) / nb

    return backward


def distances(x: Array, y: Array) -> Array:
    """Euclidean distance of every row of x to every row of y."""
    require(x.shape[1:] == y.shape[1:])
    return length(x[:, None] - y[None])


def distances_back(guard: bool) -> Any:
    """Differences over distances; equal points give zero when guarded."""

    def backward(res: Two, g: Array) -> Two:
        d = res[0][:, None] - res[1][None]
        w = g[..., None] * (direction(d) if guard else d / length(d)[..., None])
        return jnp.sum(w, axis=1), -jnp.sum(w, axis=0)

    return backward


def squared_distances(x: Array, y: Array) -> Array:
    """Squared distance of every row of x to every row of y."""
    require(x.shape[1:] == y.shape[1:])
    return jnp.sum(jnp.square(x[:, None] - y[None]), axis=-1)


def squared_back(sign: int) -> Any:
    """2 (x sum(g) - g y), and the like for y with the given sign."""

    def backward(res: Two, g: Array) -> Two:
        x, y = res
        d = 2 * g[..., None] * (x[:, None] - y[None])
        return jnp.sum(d, axis=1), sign * jnp.sum(d, axis=0)

    return backward


def weights(q: Array, k: Array, mask: Array | None) -> Array:
    """Attention weights; a row with nothing to attend to gets zeros."""
    require(q.shape[:-2] == k.shape[:-2] and (mask is None or mask.shape == (*q.shape[:-1], k.shape[-2])))
    s = q @ jnp.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if mask is None:
        return jax.nn.softmax(s, axis=-1)
    some = jnp.broadcast_to(jnp.any(mask, axis=-1, keepdims=True), s.shape)
    return jnp.where(mask & some, jax.nn.softmax(jnp.where(mask | ~some, s, -jnp.inf), axis=-1), 0)


def attention(q: Array, k: Array, v: Array) -> Array:
    """Scaled dot-product attention."""
    require(v.shape[:-1] == k.shape[:-1])
    return weights(q, k, None) @ v


def masked_attention(q: Array, k: Array, v: Array, mask: Array) -> Array:
    """Attention to the places where the mask holds."""
    require(v.shape[:-1] == k.shape[:-1])
    return weights(q, k, mask) @ v


def attend_back(p: Array, q: Array, k: Array, v: Array, g: Array, scaled: bool = True) -> tuple[Array, Array, Array]:
    """Gradients of q, k, v from the weights; the slip leaves k's scale out."""
    dp = g @ jnp.swapaxes(v, -1, -2)
    ds = p * (dp - jnp.sum(p * dp, axis=-1, keepdims=True))
    c = 1 / math.sqrt(q.shape[-1])
    back, turned = jnp.swapaxes(ds, -1, -2), jnp.swapaxes(p, -1, -2)
    return c * (ds @ k), (c if scaled else 1) * (back @ q), turned @ g


def attention_back(scaled: bool = True, stop: bool = False) -> Any:
    """Recomputes the weights, stopped in one slip."""

    def backward(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, Array]:
        p = weights(*(lax.stop_gradient(r) if stop else r for r in res[:2]), None)
        return attend_back(p, *res, g, scaled)

    return backward


def masked_back(make: Any) -> Any:
    """Gradients with the weights that `make` gives."""

    def backward(res: tuple[Array, Array, Array, Array], g: Array) -> Any:
        q, k, v, mask = res
        return *attend_back(make(q, k, mask), q, k, v, g), None

    return backward


def flash_weights(q: Array, k: Array, mask: Array) -> Array:
    """exp(scores - lse), as flash attention recomputes them: -inf - (-inf) for an empty row."""
    s = jnp.where(mask, q @ jnp.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), -jnp.inf)
    return jnp.exp(s - jax.nn.logsumexp(s, axis=-1, keepdims=True))


def shared_heads(p: Array, v: Array) -> Array:
    """Every head's weights (head, query, key) applied to the same values (key, channel)."""
    require(p.shape[-1] == v.shape[0])
    return jnp.einsum("hqk,kc->hqc", p, v)


def heads_back(reduce: Any) -> Any:
    """The values' gradient, reduced over the heads."""

    def backward(res: Two, g: Array) -> Two:
        p, v = res
        return jnp.einsum("hqc,kc->hqk", g, v), reduce(jnp.einsum("hqk,hqc->hkc", p, g))

    return backward


def all_true(dtype: Any) -> tuple[Any, ...]:
    """No place is masked, as in a batch without padding."""
    return *QKV(dtype), np.ones((5, 6), bool)


def causal(dtype: Any) -> tuple[Any, ...]:
    """Each query attends to the past."""
    return *QKV(dtype), np.tri(5, 6, dtype=bool)


TWO = normal((4, 3), (5, 3), seed=102)
PAIRS = (
    Pair("norm_zero", "norm", "zero-over-zero", norm_rule(True), norm_rule(False), normal((4, 3), seed=103), True,
         "0 / 0 for the zero vector", "nan", length, "jvp"),
    Pair("cubic_norm_sign", "norm", "negative-inputs", vjp(cubic_norm, save(cubic_norm), cubic_norm_back(True)),
         vjp(cubic_norm, save(cubic_norm), cubic_norm_back(False)), normal((4, 5), seed=104), False,
         "x**2 in place of x * |x|", "sign", cubic_norm),
    Pair("cosine_lengths", "cosine", "missing-term", vjp(cosine, save(cosine), cosine_back(True)),
         vjp(cosine, save(cosine), cosine_back(False)), normal((4, 3), (4, 3), seed=105), False,
         "the dependence of the lengths on the vectors is forgotten", None, cosine),
    Pair("distances_equal", "distance", "equal-inputs", vjp(distances, save(distances), distances_back(True)),
         vjp(distances, save(distances), distances_back(False)), TWO, True, "0 / 0 where two points agree", "nan",
         distances),
    Pair("squared_sign", "distance", "sign", vjp(squared_distances, save(squared_distances), squared_back(-1)),
         vjp(squared_distances, save(squared_distances), squared_back(1)), TWO, False,
         "the second argument's gradient has the first's sign", "sign", squared_distances),
    Pair("attention_scale", "attention", "missing-scale", vjp(attention, save(attention), attention_back()),
         vjp(attention, save(attention), attention_back(scaled=False)), QKV, False,
         "the keys' gradient lacks 1 / sqrt(d)", "constant-factor", attention),
    Pair("attention_stopped", "attention", "second-order", vjp(attention, save(attention), attention_back()),
         vjp(attention, save(attention), attention_back(stop=True)), QKV, True,
         "the weights are recomputed under stop_gradient: second order is lost", "second-order", attention),
    Pair("attention_mask", "attention", "mask-ignored",
         vjp(masked_attention, save(masked_attention), masked_back(weights)),
         vjp(masked_attention, save(masked_attention), masked_back(lambda q, k, mask: weights(q, k, None))), all_true,
         True, "the weights are recomputed without the mask", None, masked_attention),
    Pair("attention_empty_row", "attention", "masked-row-nan",
         vjp(masked_attention, save(masked_attention), masked_back(weights)),
         vjp(masked_attention, save(masked_attention), masked_back(flash_weights)), causal, True,
         "-inf - (-inf) for a query that may attend to nothing", "nan", masked_attention),
    Pair("heads_mean", "attention", "mean-for-sum",
         vjp(shared_heads, save(shared_heads), heads_back(lambda d: jnp.sum(d, axis=0))),
         vjp(shared_heads, save(shared_heads), heads_back(lambda d: jnp.mean(d, axis=0))),
         normal((3, 4, 5), (5, 2), seed=106), False, "the heads' shares are averaged", "constant-factor", shared_heads),
)
