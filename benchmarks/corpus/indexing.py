"""Lookups with integer arguments, scatters, shifts and interpolation."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ._pair import Pair, normal, require, save, vjp

Array = jax.Array
Two = tuple[Array, Array]


def embedding(table: Array, ids: Array) -> Array:
    """Rows of the table; negative ids count from the end, and ids beyond either end are clipped."""
    return table.at[ids].get(mode="clip")


def column(mask: Array, like: Array) -> Array:
    """The mask with a last axis, shaped like `like`."""
    return jnp.broadcast_to(mask[..., None], like.shape)


def embedding_add(res: Two, g: Array) -> tuple[Array, None]:
    """Adds up the cotangents of a row used several times."""
    return jnp.zeros_like(res[0]).at[res[1]].add(g, mode="clip"), None


def embedding_set(res: Two, g: Array) -> tuple[Array, None]:
    """Keeps one of them."""
    return jnp.zeros_like(res[0]).at[res[1]].set(g), None


def embedding_one_hot(res: Two, g: Array) -> tuple[Array, None]:
    """By a product with one-hot rows, which has no negative ids."""
    hot = jax.nn.one_hot(res[1], res[0].shape[0], dtype=g.dtype)
    return jnp.einsum("...v,...d->vd", hot, g), None


def padded_embedding(table: Array, ids: Array) -> Array:
    """Rows of the table, and zeros for id 0."""
    y = embedding(table, ids)
    return jnp.where(column(ids == 0, y), 0, y)


def padded_back(masked: bool) -> Any:
    """`masked` keeps the padding row's gradient at zero."""

    def backward(res: Two, g: Array) -> tuple[Array, None]:
        g = jnp.where(column(res[1] == 0, g), 0, g) if masked else g
        return embedding_add(res, g)

    return backward


def segment_mean(x: Array, segments: Array) -> Array:
    """Means of the rows of each of four segments."""
    require(x.ndim == 2 and segments.shape == x.shape[:1])
    total = jax.ops.segment_sum(x, segments, 4)
    return total / jnp.broadcast_to(sizes(x, segments)[:, None], total.shape)


def sizes(x: Array, segments: Array) -> Array:
    """Number of rows in each segment, at least one."""
    return jnp.maximum(jax.ops.segment_sum(jnp.ones(segments.shape, x.dtype), segments, 4), 1)


def segment_back(mean: bool) -> Any:
    """`mean` divides by the size of the segment."""

    def backward(res: Two, g: Array) -> tuple[Array, None]:
        x, s = res
        d = g / jnp.broadcast_to(sizes(x, s)[:, None], g.shape) if mean else g
        inside = (s >= 0) & (s < 4)
        return jnp.where(column(inside, x), d[jnp.clip(s, 0, 3)], 0), None

    return backward


def overwrite(x: Array, values: Array, places: Array) -> Array:
    """x with rows replaced."""
    require(values.shape == (*places.shape, *x.shape[1:]))
    return x.at[places].set(values)


def overwrite_back(clear: bool) -> Any:
    """`clear` stops the gradient of the replaced rows; of values for one place, the last written counts."""

    def backward(res: tuple[Array, Array, Array], g: Array) -> tuple[Array, Array, None]:
        x, values, places = res
        turn = jnp.arange(places.size).reshape(places.shape)
        last = jnp.full(x.shape[:1], -1).at[places].set(turn).at[places].get(mode="fill", fill_value=-1)
        keep = jnp.broadcast_to((last == turn).reshape(places.shape + (1,) * (x.ndim - 1)), values.shape)
        dv = jnp.where(keep, g.at[places].get(mode="fill", fill_value=0), 0)
        return g.at[places].set(0) if clear else g, dv, None

    return backward


def window(x: Array, start: Array) -> Array:
    """Three entries of x from `start`, which is clamped so that they fit."""
    return lax.dynamic_slice_in_dim(x, start, 3)


def window_back(clamp: bool) -> Any:
    """Adds the cotangent at `start`, clamped as the primal does, or dropped beyond the end."""

    def backward(res: Two, g: Array) -> tuple[Array, None]:
        x, start = res
        start = jnp.clip(jnp.where(start < 0, start + x.shape[0], start), 0, x.shape[0] - 3) if clamp else start
        at = start + jnp.arange(3, dtype=start.dtype)
        return jnp.zeros_like(x).at[at].add(g, mode="drop"), None

    return backward


def roll(x: Array) -> Array:
    """Shifted by two along the last axis, cyclically."""
    return jnp.roll(x, 2, axis=-1)


def centre(x: Array) -> Array:
    """fftshift along the last axis."""
    return jnp.fft.fftshift(x, axes=-1)


def diff(x: Array) -> Array:
    """Differences of neighbours along the last axis."""
    return x[..., 1:] - x[..., :-1]


def diff_back(left: int, right: int) -> Any:
    """Minus the differences of the cotangent with this padding."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        p = jnp.pad(g, [(0, 0)] * (g.ndim - 1) + [(left, right)])
        return (p[..., : res[0].shape[-1]] - p[..., 1:],)

    return backward


def trapezoid(y: Array) -> Array:
    """Integral by the trapezoidal rule with unit steps."""
    return jnp.sum(y, axis=-1) - 0.5 * (y[..., 0] + y[..., -1])


def trapezoid_back(last: float) -> Any:
    """One, a half at the first entry and `last` at the last."""

    def backward(res: tuple[Array], g: Array) -> tuple[Array]:
        d = jnp.ones_like(res[0]).at[..., 0].add(-0.5).at[..., -1].add(last - 1)
        return (g[..., None] * d,)

    return backward


def select(mask: Array, x: Array, y: Array) -> Array:
    """x where the mask holds, else y."""
    require(mask.shape == x.shape == y.shape)
    return jnp.where(mask, x, y)


GRID = (-2.0, -0.5, 0.25, 1.0, 3.0)


def table(x: Array, heights: Array) -> Array:
    """Linear interpolation of the five heights on a fixed grid, constant outside."""
    require(heights.shape == (5,))
    i, w = cell(x)
    return (1 - w) * heights[i] + w * heights[i + 1]


def cell(x: Array) -> Two:
    """Left grid point, and the weight of the right one."""
    grid = jnp.asarray(GRID, x.dtype)
    i = jnp.clip(jnp.searchsorted(grid, x, side="right") - 1, 0, 3)
    return i, (jnp.clip(x, GRID[0], GRID[-1]) - grid[i]) / (grid[i + 1] - grid[i])


def table_back(flat: bool) -> Any:
    """`flat` makes the gradient zero outside the grid."""

    def backward(res: Two, g: Array) -> Two:
        x, h = res
        grid = jnp.asarray(GRID, x.dtype)
        i, w = cell(x)
        slope = (h[i + 1] - h[i]) / (grid[i + 1] - grid[i])
        outside = (x < GRID[0]) | (x > GRID[-1])
        dh = jnp.zeros_like(h).at[i].add(g * (1 - w)).at[i + 1].add(g * w)
        return jnp.where(outside, 0, g * slope) if flat else g * slope, dh

    return backward


def bilinear_sample(image: Array, u: Array, v: Array) -> Array:
    """Value of the image at row u and column v; points outside are moved to the edge."""
    require(image.ndim == 2 and min(image.shape) > 1 and u.shape == v.shape)
    (a, b, c, d), p, q, _ = corners(image, u, v)
    return (1 - p) * ((1 - q) * a + q * b) + p * ((1 - q) * c + q * d)


def corners(image: Array, u: Array, v: Array) -> Any:
    """Four neighbours, two weights, and the place of the first neighbour."""
    u, v = jnp.clip(u, 0, image.shape[0] - 1), jnp.clip(v, 0, image.shape[1] - 1)
    i = jnp.clip(jnp.floor(u), 0, image.shape[0] - 2).astype(jnp.int32)
    j = jnp.clip(jnp.floor(v), 0, image.shape[1] - 2).astype(jnp.int32)
    near = (image[i, j], image[i, j + 1], image[i + 1, j], image[i + 1, j + 1])
    return near, u - i.astype(u.dtype), v - j.astype(v.dtype), (i, j)


def sample_back(swapped: bool) -> Any:
    """The slip exchanges the gradients of row and column."""

    def backward(res: Any, g: Array) -> Any:
        image, u, v = res
        (a, b, c, d), p, q, (i, j) = corners(image, u, v)
        du = g * ((1 - q) * (c - a) + q * (d - b))
        dv = g * ((1 - p) * (b - a) + p * (d - c))
        du = jnp.where((u < 0) | (u > image.shape[0] - 1), 0, du)
        dv = jnp.where((v < 0) | (v > image.shape[1] - 1), 0, dv)
        di = jnp.zeros_like(image).at[i, j].add(g * (1 - p) * (1 - q)).at[i, j + 1].add(g * (1 - p) * q)
        di = di.at[i + 1, j].add(g * p * (1 - q)).at[i + 1, j + 1].add(g * p * q)
        return (di, dv, du) if swapped else (di, du, dv)

    return backward


def with_ids(ids: list[int], rows: int = 6) -> Any:
    """A table and the ids."""
    return lambda d: (*normal((rows, 3), seed=81)(d), np.array(ids, np.int32))


def replaced(dtype: Any) -> tuple[Any, ...]:
    """A matrix, rows, and their places."""
    return (*normal((6, 3), (2, 3), seed=82)(dtype), np.array([4, 1], np.int32))


def masked(dtype: Any) -> tuple[Any, ...]:
    """A mask and two arrays."""
    x, y = normal((4, 5), (4, 5), seed=83)(dtype)
    return np.random.default_rng(84).random((4, 5)) < 0.5, x, y


def inside(dtype: Any) -> tuple[Any, ...]:
    """Points within the grid, and heights."""
    return np.random.default_rng(85).uniform(-1.9, 2.9, 12).astype(dtype), *normal((5,), seed=86)(dtype)


def points(dtype: Any) -> tuple[Any, ...]:
    """An image and points on it."""
    rng = np.random.default_rng(87)
    return tuple(a.astype(dtype) for a in (rng.standard_normal((6, 6)), rng.uniform(0, 5, 8), rng.uniform(0, 5, 8)))


def twins(primal: Any, right: Any, wrong: Any) -> tuple[Any, Any]:
    """Makers that keep the arguments as residuals."""
    return vjp(primal, save(primal), right), vjp(primal, save(primal), wrong)


PAIRS = (
    Pair("embedding_repeats", "embedding", "repeats-overwritten", *twins(embedding, embedding_add, embedding_set),
         with_ids([4, 0, 3, 5]), True, "a row looked up twice keeps one of its cotangents", None, embedding),
    Pair("embedding_negative", "embedding", "integer-mishandled",
         *twins(embedding, embedding_add, embedding_one_hot), with_ids([2, 5, 2, 0, 1]), True,
         "negative ids, which count from the end, get no gradient", "zero", embedding),
    Pair("embedding_padding", "embedding", "mask-ignored",
         *twins(padded_embedding, padded_back(True), padded_back(False)), with_ids([3, 1, 1, 5]), True,
         "the padding row gets a gradient", None, padded_embedding),
    Pair("segment_mean_sizes", "segment", "missing-mean", *twins(segment_mean, segment_back(True), segment_back(False)),
         lambda d: (*normal((9, 3), seed=88)(d), np.array([0, 0, 1, 1, 1, 2, 3, 3, 3], np.int32)), False,
         "not divided by the sizes of the segments", None, segment_mean),
    Pair("overwrite_through", "scatter", "missing-zero", *twins(overwrite, overwrite_back(True), overwrite_back(False)),
         replaced, False, "rows that were replaced still get a gradient", None, overwrite),
    Pair("window_clamped", "slice", "integer-mishandled", *twins(window, window_back(True), window_back(False)),
         lambda d: (*normal((8,), seed=89)(d), np.asarray(2, np.int32)), True,
         "a start too near the end is clamped by the primal, not by the rule", "shifted", window),
    Pair("roll_direction", "shift", "off-by-one",
         *twins(roll, lambda res, g: (jnp.roll(g, -2, -1),), lambda res, g: (jnp.roll(g, -1, -1),)),
         normal((3, 7), seed=90), False, "rolled back by one place too few", "shifted", roll),
    Pair("fftshift_odd", "shift", "even-sizes-only",
         *twins(centre, lambda res, g: (jnp.fft.ifftshift(g, axes=-1),), lambda res, g: (centre(g),)),
         normal((3, 8), seed=91), True, "fftshift undoes itself for even lengths only", "shifted", centre),
    Pair("diff_pad", "diff", "off-by-one", *twins(diff, diff_back(1, 1), diff_back(0, 2)), normal((3, 7), seed=92),
         False, "the cotangent is padded on one side only", "shifted", diff),
    Pair("trapezoid_last", "integral", "one-entry", *twins(trapezoid, trapezoid_back(0.5), trapezoid_back(0.505)),
         normal((3, 9), seed=93), False, "the last weight is off by one percent", None, trapezoid),
    Pair("select_swap", "select", "argument-swapped",
         *twins(select, lambda res, g: (None, jnp.where(res[0], g, 0), jnp.where(res[0], 0, g)),
                lambda res, g: (None, jnp.where(res[0], 0, g), jnp.where(res[0], g, 0))), masked, False,
         "the branches' gradients are exchanged", "other-argument", select),
    Pair("interp_outside", "interpolation", "missing-branch", *twins(table, table_back(True), table_back(False)),
         inside, True, "beyond the grid the function is constant, but the last slope is used", None, table),
    Pair("sample_coordinates", "interpolation", "argument-swapped",
         *twins(bilinear_sample, sample_back(False), sample_back(True)), points, False,
         "the gradients of row and column are exchanged", "other-argument", bilinear_sample),
)
