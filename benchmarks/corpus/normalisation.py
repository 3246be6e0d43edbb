"""Layer, rms, batch and group normalisation; normalised vectors."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp

from ._pair import Pair, direction, jvp, leading, length, normal, require, rows, save, vjp

Array = jax.Array
Three = tuple[Array, Array, Array]


def standardise(x: Array, eps: float = 1e-5) -> tuple[Array, Array]:
    """The rows with mean zero and variance one, and the factor."""
    d = x - jnp.mean(x, axis=-1, keepdims=True)
    r = jax.lax.rsqrt(jnp.mean(d * d, axis=-1, keepdims=True) + eps)
    return d * r, r


def layer_norm(x: Array, scale: Array, bias: Array) -> Array:
    """Normalises the last axis."""
    return standardise(x)[0] * rows(scale, x) + rows(bias, x)


def layer_norm_back(coupled: bool, axes: Any) -> Any:
    """`coupled` keeps the gradient through the variance."""

    def backward(res: Three, g: Array) -> Three:
        x, scale, _ = res
        h, r = standardise(x)
        gh = g * rows(scale, x)
        d = gh - jnp.mean(gh, axis=-1, keepdims=True)
        if coupled:
            d = d - h * jnp.mean(gh * h, axis=-1, keepdims=True)
        return r * d, jnp.sum(g * h, axis=axes(x)), jnp.sum(g, axis=axes(x))

    return backward


EPS = 1e-12


def rms_norm(x: Array) -> Array:
    """Divides the last axis by its root mean square."""
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + EPS)


def rms_back(eps: float) -> Any:
    """Gradient with the given epsilon."""

    def backward(x: Array, g: Array) -> tuple[Array]:
        r = jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + eps)
        return (r * (g - (x * r) * jnp.mean(g * (x * r), axis=-1, keepdims=True)),)

    return backward


def batch_norm(x: Array) -> Three:
    """Normalised columns, their means and variances."""
    m = jnp.mean(x, axis=0)
    d = x - m[None]
    v = jnp.mean(d * d, axis=0)
    return d * jax.lax.rsqrt(v + 1e-5)[None], m, v


def batch_norm_back(statistics: bool) -> Any:
    """`statistics` adds what comes from the means and variances."""

    def backward(res: tuple[Array], gs: Three) -> tuple[Array]:
        (x,) = res
        g, gm, gv = gs
        y, _, v = batch_norm(x)
        r = jax.lax.rsqrt(v + 1e-5)[None]
        dx = r * (g - jnp.mean(g, axis=0)[None] - y * jnp.mean(g * y, axis=0)[None])
        if statistics:
            dx = dx + (gm[None] + 2 * (x - jnp.mean(x, axis=0)[None]) * gv[None]) / x.shape[0]
        return (dx,)

    return backward


def column_norm(x: Array) -> Array:
    """Normalised columns of a matrix."""
    return batch_norm(x)[0]


def column_norm_back(axis: int) -> Any:
    """The column sums are divided by the length of `axis`."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        (x,) = res
        y, _, v = batch_norm(x)
        n = x.shape[axis]
        d = g - jnp.sum(g, axis=0)[None] / n - y * (jnp.sum(g * y, axis=0)[None] / n)
        return (jax.lax.rsqrt(v + 1e-5)[None] * d,)

    return backward


def group_norm(x: Array) -> Array:
    """Normalises each half of the channels over all positions; x is (batch, position, channel)."""
    b, n, c = x.shape
    z = jnp.moveaxis(x.reshape(b, n, 2, c // 2), 2, 1).reshape(b, 2, n * c // 2)
    z = standardise(z)[0].reshape(b, 2, n, c // 2)
    return jnp.moveaxis(z, 1, 2).reshape(x.shape)


def group_norm_back(groups: int) -> Any:
    """The means of the rule are taken over one of `groups` parts."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        (x,) = res
        b, n, c = x.shape
        z = jnp.moveaxis(x.reshape(b, n, 2, c // 2), 2, 1).reshape(b, 2, n * c // 2)
        gz = jnp.moveaxis(g.reshape(b, n, 2, c // 2), 2, 1).reshape(b, 2, n * c // 2)
        h, r = standardise(z)
        size = n * c / groups
        mean = jnp.sum(gz, axis=-1, keepdims=True) / size
        d = r * (gz - mean - h * (jnp.sum(gz * h, axis=-1, keepdims=True) / size))
        return (jnp.moveaxis(d.reshape(b, 2, n, c // 2), 1, 2).reshape(x.shape),)

    return backward


def unit(x: Array) -> Array:
    """Rows of length one."""
    return x / length(x)[..., None]


def unit_back(project: bool) -> Any:
    """(g - y * <g, y>) / |x|; without `project` the length is taken for a constant."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        (x,) = res
        y = unit(x)
        along = y * jnp.sum(g * y, axis=-1, keepdims=True) if project else 0
        return ((g - along) / length(x)[..., None],)

    return backward


def weight_norm(v: Array, s: Array) -> Array:
    """Each row of v with the length s."""
    require(s.shape == v.shape[:-1])
    return s[..., None] * unit(v)


def weight_norm_back(mean: bool) -> Any:
    """`mean` averages the lengths' gradient along the row rather than summing it."""

    def backward(res: tuple[Array, Array], g: Array) -> tuple[Array, Array]:
        v, s = res
        y = unit(v)
        dv = s[..., None] * (g - y * jnp.sum(g * y, axis=-1, keepdims=True))
        ds = jnp.mean(g * y, axis=-1) if mean else jnp.sum(g * y, axis=-1)
        return dv / length(v)[..., None], ds

    return backward


def variance(x: Array) -> Array:
    """Variance of the last axis."""
    return jnp.var(x, axis=-1)


def variance_rule(less: int) -> Any:
    """2 * mean((x - m) * t) with n - less for n."""

    def rule(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        x = primals[0]
        d = x - jnp.mean(x, axis=-1, keepdims=True)
        return variance(x), 2 * jnp.sum(d * tangents[0], axis=-1) / (x.shape[-1] - less)

    return jvp(variance, rule)


def deviation(x: Array) -> Array:
    """Standard deviation of the last axis."""
    return length(x - jnp.mean(x, axis=-1, keepdims=True)) / math.sqrt(x.shape[-1])


def centred(x: Array) -> Array:
    """x less its mean; again, since the first mean may be off by rounding."""
    d = x - jnp.mean(x, axis=-1, keepdims=True)
    return d - jnp.mean(d, axis=-1, keepdims=True)


def deviation_right(res: tuple[Array], g: Array) -> tuple[Array]:
    """The direction of x less its mean; zero for equal entries."""
    (x,) = res
    return (g[..., None] * direction(centred(x)) / math.sqrt(x.shape[-1]),)


def deviation_wrong(res: tuple[Array], g: Array) -> tuple[Array]:
    """Divides by the deviation."""
    (x,) = res
    return (g[..., None] * centred(x) / deviation(x)[..., None] / x.shape[-1],)


LN = normal((6, 5), (5,), (5,), seed=31)
PAIRS = (
    Pair("layer_norm_variance", "layer-norm", "missing-term",
         vjp(layer_norm, save(layer_norm), layer_norm_back(True, leading)),
         vjp(layer_norm, save(layer_norm), layer_norm_back(False, leading)), LN, False,
         "the variance is taken for a constant", None, layer_norm),
    Pair("layer_norm_axes", "layer-norm", "rank-2-only",
         vjp(layer_norm, save(layer_norm), layer_norm_back(True, leading)),
         vjp(layer_norm, save(layer_norm), layer_norm_back(True, lambda x: 0)), LN, True,
         "scale and bias gradients are summed over axis 0 alone", "sum-over-axis", layer_norm),
    Pair("rms_norm_zero", "rms-norm", "epsilon-misplaced",
         vjp(rms_norm, lambda x: (rms_norm(x), x), rms_back(EPS)),
         vjp(rms_norm, lambda x: (rms_norm(x), x), rms_back(0.0)), normal((4, 6), seed=32), True,
         "the rule drops epsilon: NaN for a row of zeros", "nan", rms_norm),
    Pair("batch_norm_outputs", "batch-norm", "output-ignored",
         vjp(batch_norm, save(batch_norm), batch_norm_back(True)),
         vjp(batch_norm, save(batch_norm), batch_norm_back(False)), normal((8, 5), seed=33), False,
         "the cotangents of the returned mean and variance are ignored", "cotangent-ignored", batch_norm),
    Pair("batch_norm_square", "batch-norm", "square-only", vjp(column_norm, save(column_norm), column_norm_back(0)),
         vjp(column_norm, save(column_norm), column_norm_back(1)), normal((6, 6), seed=34), True,
         "sums over the batch are divided by the number of columns", "constant-factor", column_norm),
    Pair("group_norm_count", "group-norm", "wrong-count", vjp(group_norm, save(group_norm), group_norm_back(2)),
         vjp(group_norm, save(group_norm), group_norm_back(1)), normal((3, 4, 6), seed=35), False,
         "the means of the rule are divided by the size of all groups together", None, group_norm),
    Pair("unit_projection", "normalize", "missing-term", vjp(unit, save(unit), unit_back(True)),
         vjp(unit, save(unit), unit_back(False)), normal((5, 4), seed=36), False,
         "the dependence of the length on x is forgotten", "diagonal-only", unit),
    Pair("weight_norm_mean", "normalize", "mean-for-sum", vjp(weight_norm, save(weight_norm), weight_norm_back(False)),
         vjp(weight_norm, save(weight_norm), weight_norm_back(True)), normal((5, 4), (5,), seed=37), False,
         "the gradient of the lengths is averaged, not summed", "constant-factor", weight_norm),
    Pair("variance_ddof", "variance", "wrong-count", variance_rule(0), variance_rule(1), normal((3, 20), seed=38),
         False, "divides by n - 1", "constant-factor", variance, "jvp"),
    Pair("deviation_equal", "variance", "equal-inputs", vjp(deviation, save(deviation), deviation_right),
         vjp(deviation, save(deviation), deviation_wrong), normal((4, 6), seed=39), True,
         "0 / 0 when all entries of a row are equal", "nan", deviation),
)
