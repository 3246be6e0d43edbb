"""Pooling, reductions, sorting and cumulative operations."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Fun, Pair, jvp, normal, uniform, vjp

Array = jax.Array


def windows(x: Array, k: int = 2) -> Array:
    """Splits the last axis into windows of k; what is left over is dropped."""
    n = x.shape[-1] // k
    return x[..., : n * k].reshape(*x.shape[:-1], n, k)


def max_pool(x: Array) -> Array:
    """Largest of each two neighbours."""
    return jnp.max(windows(x), axis=-1)


def avg_pool(x: Array) -> Array:
    """Mean of each two neighbours."""
    return jnp.mean(windows(x), axis=-1)


def spread(d: Array, x: Array, front: bool = False) -> Array:
    """Puts the windows back in place; the rest gets zeros, at the front in the slip."""
    flat = d.reshape(*d.shape[:-2], -1)
    rest = x.shape[-1] - flat.shape[-1]
    return jnp.pad(flat, [(0, 0)] * (x.ndim - 1) + [(rest, 0) if front else (0, rest)])


def max_pool_back(share: bool) -> Any:
    """`share` divides a cotangent among equal entries."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        w = windows(x)
        top = (w == jnp.max(w, axis=-1, keepdims=True)).astype(x.dtype)
        if share:
            top = top / jnp.sum(top, axis=-1, keepdims=True)
        return (spread(top * g[..., None], x),)

    return backward


def avg_pool_back(k: float, front: bool = False) -> Any:
    """Each entry gets 1 / k of the cotangent."""
    return lambda x, g: (spread(jnp.broadcast_to(g[..., None] / k, (*g.shape, 2)), x, front),)


def box_counts(n: int) -> np.ndarray:
    """How many of three neighbours exist at each of n places."""
    return np.convolve(np.ones(n), np.ones(3), "full")[1 : n + 1]


def box(x: Array) -> Array:
    """Mean of the existing ones of three neighbours, along the last axis."""
    p = jnp.pad(x, [(0, 0)] * (x.ndim - 1) + [(1, 1)])
    total = p[..., :-2] + p[..., 1:-1] + p[..., 2:]
    return total / counts(x)


def counts(x: Array, edges: bool = True) -> Array:
    """The divisors of `box`, or three everywhere."""
    c = box_counts(x.shape[-1]) if edges else np.full(x.shape[-1], 3.0)
    return jnp.broadcast_to(jnp.asarray(c, x.dtype), x.shape)


def box_back(edges: bool) -> Any:
    """`edges` divides by the true number of neighbours."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        p = jnp.pad(g / counts(x, edges), [(0, 0)] * (x.ndim - 1) + [(1, 1)])
        return (p[..., :-2] + p[..., 1:-1] + p[..., 2:],)

    return backward


def row_max(x: Array) -> Array:
    """Largest entry along the last axis."""
    return jnp.max(x, axis=-1)


def row_max_rule(share: bool) -> Any:
    """Mean, or in the slip the sum, of the tangents of the largest entries."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        y = row_max(primals[0])
        top = (primals[0] == y[..., None]).astype(y.dtype)
        t = jnp.sum(top * tangents[0], axis=-1)
        return y, t / jnp.sum(top, axis=-1) if share else t

    return jvp(row_max, rule)


def sort(x: Array) -> Array:
    """Sorted along the last axis."""
    return jnp.sort(x, axis=-1)


def order(x: Array) -> tuple[Array, Array]:
    """The sorted array and its permutation."""
    p = jnp.argsort(x, axis=-1)
    return jnp.take_along_axis(x, p, axis=-1), p


def sort_back(inverse: bool) -> Any:
    """Puts each cotangent where its entry came from; the slip forgets to invert the permutation."""
    return lambda p, g: (jnp.take_along_axis(g, jnp.argsort(p, axis=-1) if inverse else p, axis=-1),)


def top3(x: Array) -> Array:
    """The three largest entries, largest first."""
    return lax.top_k(x, 3)[0]


def top3_rule(descending: bool) -> Any:
    """Takes the tangents of the chosen entries, in ascending order in the slip."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        y, p = lax.top_k(primals[0], 3)
        t = jnp.take_along_axis(tangents[0], p, axis=-1)
        return y, t if descending else t[..., ::-1]

    return jvp(top3, rule)


def median(x: Array) -> Array:
    """Median of the last axis: the mean of the two middle entries when their number is even."""
    s, n = sort(x), x.shape[-1]
    return 0.5 * (s[..., (n - 1) // 2] + s[..., n // 2])


def median_rule(both: bool) -> Any:
    """`both` averages the two middle entries."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        p, n = jnp.argsort(primals[0], axis=-1), primals[0].shape[-1]
        t = jnp.take_along_axis(tangents[0], p, axis=-1)
        upper = t[..., n // 2]
        return median(primals[0]), 0.5 * (t[..., (n - 1) // 2] + upper) if both else upper

    return jvp(median, rule)


def quantile(x: Array) -> Array:
    """The 0.3 quantile of the last axis, by linear interpolation."""
    s, (i, j, f) = sort(x), place(x)
    return (1 - f) * s[..., i] + f * s[..., j]


def place(x: Array) -> tuple[int, int, float]:
    """The two neighbours of the quantile and the second's weight."""
    at = 0.3 * (x.shape[-1] - 1)
    return int(at), min(int(at) + 1, x.shape[-1] - 1), at - int(at)


def quantile_back(swapped: bool) -> Any:
    """The weights of the two neighbours, exchanged in the slip."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        p, (i, j, f) = jnp.argsort(x, axis=-1), place(x)
        a, b = (f, 1 - f) if swapped else (1 - f, f)
        d = jnp.zeros_like(x).at[..., i].add(a * g).at[..., j].add(b * g)
        return (jnp.take_along_axis(d, jnp.argsort(p, axis=-1), axis=-1),)

    return backward


def cumsum(x: Array) -> Array:
    """Running sums along the last axis."""
    return jnp.cumsum(x, axis=-1)


def cumprod(x: Array) -> Array:
    """Running products along the last axis."""
    return jnp.cumprod(x, axis=-1)


def cumprod_right(x: Array, g: Array) -> tuple[Array]:
    """For each entry, the running products with that entry replaced by one."""
    n = x.shape[-1]
    eye, later = np.eye(n, dtype=bool), np.triu(np.ones((n, n), bool))
    full = (*x.shape[:-1], n, n)
    others = jnp.where(jnp.broadcast_to(eye, full), 1, jnp.broadcast_to(x[..., None, :], full))
    terms = jnp.cumprod(others, axis=-1) * jnp.broadcast_to(g[..., None, :], full)
    return (jnp.sum(jnp.where(jnp.broadcast_to(later, full), terms, 0), axis=-1),)


def cumprod_wrong(x: Array, g: Array) -> tuple[Array]:
    """Divides the running products by the entry."""
    return (jnp.flip(cumsum(jnp.flip(g * cumprod(x), -1)), -1) / x,)


def cummax(x: Array) -> Array:
    """Running maximum along the last axis."""
    return lax.cummax(x, axis=x.ndim - 1)


def cummax_right(x: Array, g: Array) -> tuple[Array]:
    """Adds each cotangent to the entry that set the record."""
    n = x.shape[-1]
    places = jnp.broadcast_to(jnp.arange(n), x.shape)
    record = lax.cummax(jnp.where(x == cummax(x), places, 0), axis=x.ndim - 1)
    return (jnp.sum(jax.nn.one_hot(record, n, dtype=g.dtype) * g[..., None], axis=-2),)


def product(x: Array) -> Array:
    """Product of the last axis."""
    return jnp.prod(x, axis=-1)


def product_rule(others: Any) -> Any:
    """Sum of the tangents times the products of the other entries."""
    return jvp(product, lambda p, t: (product(p[0]), jnp.sum(others(p[0]) * t[0], axis=-1)))


def other_products(x: Array) -> Array:
    """For each entry the product of the others."""
    n = x.shape[-1]
    full = (*x.shape[:-1], n, n)
    eye = jnp.broadcast_to(np.eye(n, dtype=bool), full)
    return jnp.prod(jnp.where(eye, 1, jnp.broadcast_to(x[..., None, :], full)), axis=-1)


def one(primal: Fun, right: Fun, wrong: Fun) -> tuple[Any, Any]:
    """Makers of the twins of a function with one argument, kept as residual."""
    return tuple(vjp(primal, lambda x: (primal(x), x), b) for b in (right, wrong))


X = normal((3, 8), seed=71)
ODD = normal((3, 7), seed=72)
PAIRS = (
    Pair("max_pool_ties", "pooling", "ties-duplicated", *one(max_pool, max_pool_back(True), max_pool_back(False)), X,
         True, "every entry equal to the largest gets the whole cotangent", "ties-duplicated", max_pool),
    Pair("avg_pool_factor", "pooling", "missing-mean", *one(avg_pool, avg_pool_back(2.0), avg_pool_back(1.0)), X,
         False, "not divided by the window's size", "constant-factor", avg_pool),
    Pair("avg_pool_rest", "pooling", "divisible-only",
         *one(avg_pool, avg_pool_back(2.0), avg_pool_back(2.0, True)), X, True,
         "when the window does not divide the length, zeros are put at the front", "shifted", avg_pool),
    Pair("avg_pool_edges", "pooling", "wrong-count", *one(box, box_back(True), box_back(False)), X, False,
         "the padding counts as entries in the rule, not in the primal", None, box),
    Pair("row_max_ties", "max-min", "ties-duplicated", row_max_rule(True), row_max_rule(False), X, True,
         "the tangents of all largest entries are added", "ties-duplicated", row_max, "jvp"),
    Pair("sort_permutation", "sort", "permutation-not-inverted", vjp(sort, order, sort_back(True)),
         vjp(sort, order, sort_back(False)), X, False, "the permutation is applied, not its inverse", "transposed",
         sort),
    Pair("top_k_order", "sort", "permutation-not-inverted", top3_rule(True), top3_rule(False), X, False,
         "the tangents come in ascending order", None, top3, "jvp"),
    Pair("median_even", "quantile", "odd-sizes-only", median_rule(True), median_rule(False), ODD, True,
         "an even number of entries has two middle ones", None, median, "jvp"),
    Pair("quantile_weights", "quantile", "weights-exchanged",
         *one(quantile, quantile_back(False), quantile_back(True)), ODD, False,
         "the interpolation weights are exchanged", None, quantile),
    Pair("cumsum_forward", "cumulative", "transposed",
         *one(cumsum, lambda x, g: (jnp.flip(cumsum(jnp.flip(g, -1)), -1),), lambda x, g: (cumsum(g),)), X, False,
         "the cotangents are summed forward, not backward", "transposed", cumsum),
    Pair("cumprod_zero", "cumulative", "zero-over-zero", *one(cumprod, cumprod_right, cumprod_wrong),
         uniform((3, 6), seed=73), True, "divides by the entries: NaN at zero", "nan", cumprod),
    Pair("cummax_diagonal", "cumulative", "missing-sum",
         *one(cummax, cummax_right, lambda x, g: (jnp.where(x == cummax(x), g, 0),)), X, False,
         "a record gets the cotangent of its own place only", "diagonal-only", cummax),
    Pair("product_zero", "product", "zero-over-zero", product_rule(other_products),
         product_rule(lambda x: product(x)[..., None] / x), uniform((3, 5), seed=74), True,
         "divides the product by the entries: NaN at zero", "nan", product, "jvp"),
)
