"""Dense layers, products of matrices, and bilinear forms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._pair import Pair, alike, jvp, leading, normal, require, rows, save, vjp

Array = jax.Array
Two = tuple[Array, Array]
Three = tuple[Array, Array, Array]


def dense(x: Array, w: Array, b: Array) -> Array:
    """x @ w + b."""
    require(w.shape == (x.shape[-1], *b.shape))
    y = jnp.einsum("...i,io->...o", x, w)
    return y + rows(b, y)


def dense_back(dx: Any = None, dw: Any = None, db: Any = None) -> Any:
    """The three gradients, any of which may be replaced."""

    def backward(res: Three, g: Array) -> Three:
        x, w, _ = res
        right_w = jnp.tensordot(x, g, axes=(leading(x), leading(g)))
        return (
            dx(g, w) if dx else g @ w.T,
            dw(x, g) if dw else right_w,
            db(g) if db else jnp.sum(g, axis=leading(g)),
        )

    return backward


def dense_pair(name: str, bug: str, hidden: bool, why: str, diagnosis: str, example: Any, **slip: Any) -> Pair:
    """A pair for `dense`."""
    return Pair(name, "dense", bug, vjp(dense, save(dense), dense_back()),
                vjp(dense, save(dense), dense_back(**slip)), example, hidden, why, diagnosis, dense)


def matmul(a: Array, b: Array) -> Array:
    """Products of matrices, batched alike."""
    require(a.ndim == b.ndim >= 2 and a.shape[:-2] == b.shape[:-2])
    return a @ b


def matmul_back(turn: Any) -> Any:
    """g @ b' and a' @ g, where `turn` transposes."""
    return lambda res, g: (g @ turn(res[1]), turn(res[0]) @ g)


def bilinear(x: Array, a: Array, y: Array) -> Array:
    """x' A y for each row."""
    require(x.shape[:-1] == y.shape[:-1] and a.shape == (x.shape[-1], y.shape[-1]))
    return jnp.einsum("...i,ij,...j->...", x, a, y)


def bilinear_back(swap: bool) -> Any:
    """`swap` takes A for A' in both vectors' gradients."""

    def backward(res: Three, g: Array) -> Three:
        x, a, y = res
        left, right = (a.T, a) if swap else (a, a.T)
        da = jnp.einsum("...,...i,...j->ij", g, x, y)
        gg = g[..., None]
        return gg * jnp.einsum("ij,...j->...i", left, y), da, gg * jnp.einsum("ij,...j->...i", right, x)

    return backward


def quadratic(x: Array, a: Array) -> Array:
    """x' A x."""
    require(a.shape == x.shape * 2)
    return jnp.einsum("i,ij,j->", x, a, x)


def quadratic_back(matrix: Any) -> Any:
    """(A + A') x, and x x'."""
    return lambda res, g: (g * (matrix(res[1]) @ res[0]), g * jnp.outer(res[0], res[0]))


def triple(x: Array, y: Array, z: Array) -> Array:
    """A contraction of three arrays."""
    require(x.shape == (z.shape[0], y.shape[0]) and z.shape[1:] == y.shape[1:])
    return jnp.einsum("bi,ij,bj->b", x, y, z)


def triple_rule(last: bool) -> Any:
    """`last` keeps the term of the third argument."""

    def rule(primals: Three, tangents: Three) -> Two:
        (x, y, z), (tx, ty, tz) = primals, tangents
        t = triple(tx, y, z) + triple(x, ty, z)
        return triple(x, y, z), t + triple(x, y, tz) if last else t

    return jvp(triple, rule)


@alike
def cross(a: Array, b: Array) -> Array:
    """The cross product of vectors along the last axis."""
    require(a.shape[-1] == 3)
    x, y = jnp.roll(a, -1, -1) * jnp.roll(b, -2, -1), jnp.roll(a, -2, -1) * jnp.roll(b, -1, -1)
    return x - y


def lora(x: Array, w: Array, a: Array, b: Array) -> Array:
    """x @ w + 2 * (x @ a) @ b."""
    require(x.ndim == w.ndim == a.ndim == b.ndim == 2)
    return x @ w + 2 * ((x @ a) @ b)


def lora_back(scale: float) -> Any:
    """`scale` stands in the gradient of a."""

    def backward(res: Any, g: Array) -> Any:
        x, w, a, b = res
        gb = g @ b.T
        return g @ w.T + 2 * (gb @ a.T), x.T @ g, scale * (x.T @ gb), 2 * ((x @ a).T @ g)

    return backward


def add_bias(x: Array, b: Array) -> Array:
    """Adds a column of biases, of shape (n, 1), to the columns of x."""
    require(b.shape == (x.shape[0], 1) and x.ndim == 2)
    return x + b


def gram(x: Array) -> Array:
    """x @ x'."""
    return x @ jnp.swapaxes(x, -1, -2)


def symmetric(dtype: Any) -> tuple[Any, ...]:
    """A vector and a covariance matrix."""
    rng = np.random.default_rng(41)
    m = rng.standard_normal((5, 7))
    return rng.standard_normal(5).astype(dtype), (m @ m.T / 7).astype(dtype)


PAIRS = (
    dense_pair("dense_transposed", "transposed", False, "g @ w in place of g @ w'", "transposed",
               normal((3, 5), (5, 5), (5,), seed=42), dx=lambda g, w: g @ w),
    dense_pair("dense_bias_mean", "mean-for-sum", False, "the bias gradient is a mean over the batch",
               "constant-factor", normal((6, 4), (4, 3), (3,), seed=43), db=lambda g: jnp.mean(g, axis=leading(g))),
    dense_pair("dense_batch_one", "batch-1-only", True, "the weights' gradient is averaged over the batch",
               "batch-dependent", normal((1, 4), (4, 3), (3,), seed=44),
               dw=lambda x, g: jnp.tensordot(x, g, axes=(leading(x), leading(g))) / x.shape[0]),
    dense_pair("dense_outer_sums", "batch-1-only", True,
               "the outer product of the summed inputs and cotangents: right for one row only", "batch-dependent",
               normal((1, 5), (5, 2), (2,), seed=45),
               dw=lambda x, g: jnp.outer(jnp.sum(x, axis=leading(x)), jnp.sum(g, axis=leading(g)))),
    Pair("matmul_all_axes", "matmul", "rank-2-only",
         vjp(matmul, save(matmul), matmul_back(lambda a: jnp.swapaxes(a, -1, -2))),
         vjp(matmul, save(matmul), matmul_back(lambda a: a.T)), normal((4, 4), (4, 4), seed=46), True,
         ".T reverses the batch axes too: right for rank 2 only", "transposed", matmul),
    Pair("bilinear_swap", "bilinear", "transposed", vjp(bilinear, save(bilinear), bilinear_back(False)),
         vjp(bilinear, save(bilinear), bilinear_back(True)), normal((3, 4), (4, 4), (3, 4), seed=47), False,
         "A and A' are exchanged", "transposed", bilinear),
    Pair("quadratic_symmetric", "bilinear", "symmetric-assumed",
         vjp(quadratic, save(quadratic), quadratic_back(lambda a: a + a.T)),
         vjp(quadratic, save(quadratic), quadratic_back(lambda a: 2 * a)), symmetric, True,
         "2 A x holds for symmetric A only", "transposed", quadratic),
    Pair("einsum_third", "einsum", "argument-zeroed", triple_rule(True), triple_rule(False),
         normal((3, 4), (4, 5), (3, 5), seed=48), False, "the third argument's tangent is left out", "zero", triple,
         "jvp"),
    Pair("cross_order", "cross", "sign",
         vjp(cross, save(cross), lambda res, g: (cross(res[1], g), cross(g, res[0]))),
         vjp(cross, save(cross), lambda res, g: (cross(g, res[1]), cross(res[0], g))),
         normal((4, 3), (4, 3), seed=49), False, "the cross products of the rule are in the wrong order", "sign",
         cross),
    Pair("lora_scale", "dense", "parameter-dropped", vjp(lora, save(lora), lora_back(2.0)),
         vjp(lora, save(lora), lora_back(1.0)), normal((6, 4), (4, 5), (4, 2), (2, 5), seed=50), False,
         "the scale is missing from the gradient of one factor", "constant-factor", lora),
    Pair("bias_column", "broadcast", "mean-for-sum",
         vjp(add_bias, save(add_bias), lambda res, g: (g, jnp.sum(g, axis=1, keepdims=True))),
         vjp(add_bias, save(add_bias), lambda res, g: (g, jnp.mean(g, axis=1, keepdims=True))),
         normal((4, 5), (4, 1), seed=51), False, "the broadcast axis is averaged, not summed", "constant-factor",
         add_bias),
    Pair("bias_first", "broadcast", "missing-sum",
         vjp(add_bias, save(add_bias), lambda res, g: (g, jnp.sum(g, axis=1, keepdims=True))),
         vjp(add_bias, save(add_bias), lambda res, g: (g, g[:, :1])), normal((4, 5), (4, 1), seed=52), False,
         "the first column of the cotangent stands for their sum", "sum-over-axis", add_bias),
    Pair("gram_once", "matmul", "missing-term",
         vjp(gram, lambda x: (gram(x), x), lambda x, g: ((g + jnp.swapaxes(g, -1, -2)) @ x,)),
         vjp(gram, lambda x: (gram(x), x), lambda x, g: (2 * (g @ x),)), normal((4, 3), seed=53), False,
         "the cotangent is taken to be symmetric", "transposed", gram),
)
