"""Functions of matrices."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._pair import Pair, normal, require, save, vjp

Array = jax.Array
Two = tuple[Array, Array]


def turn(a: Array) -> Array:
    """Transposed in the last two axes."""
    return jnp.swapaxes(a, -1, -2)


def inverse(a: Array) -> Array:
    """Matrix inverse."""
    return jnp.linalg.inv(a)


def inverse_back(turned: bool) -> Any:
    """-B' g B' with B the inverse."""

    def backward(b: Array, g: Array) -> tuple[Array]:
        b = turn(b) if turned else b
        return (-(b @ g @ b),)

    return backward


def det3(a: Array) -> Array:
    """Determinant of a 3 x 3 matrix."""
    require(a.shape[-2:] == (3, 3))
    return jnp.sum(a[..., 0, :] * jnp.cross(a[..., 1, :], a[..., 2, :]), axis=-1)


def cofactors(a: Array) -> Array:
    """Gradient of the determinant, of singular matrices too."""
    r = [a[..., i, :] for i in range(3)]
    return jnp.stack([jnp.cross(r[1], r[2]), jnp.cross(r[2], r[0]), jnp.cross(r[0], r[1])], axis=-2)


def logdet(a: Array) -> Array:
    """Log of the absolute determinant."""
    return jnp.linalg.slogdet(a)[1]


def solve(a: Array, b: Array) -> Array:
    """a x = b for a matrix b."""
    require(a.ndim == b.ndim and a.shape[:-1] == b.shape[:-1])
    return jnp.linalg.solve(a, b)


def solve_back(sign: int) -> Any:
    """A'^-1 g, and minus its product with the solution."""

    def backward(res: Two, g: Array) -> Two:
        a, x = res
        db = jnp.linalg.solve(turn(a), g)
        return sign * (db @ turn(x)), db

    return backward


def solve_forward(a: Array, b: Array) -> tuple[Array, Two]:
    """Keeps the matrix and the solution."""
    x = solve(a, b)
    return x, (a, x)


def lower_solve(a: Array, b: Array) -> Array:
    """Solves with the lower triangle of a."""
    require(a.ndim == b.ndim and a.shape[:-1] == b.shape[:-1])
    return jax.scipy.linalg.solve_triangular(jnp.tril(a), b, lower=True)


def lower_back(masked: bool) -> Any:
    """`masked` gives the upper triangle no gradient."""

    def backward(res: Two, g: Array) -> Two:
        a, x = res
        db = jax.scipy.linalg.solve_triangular(jnp.tril(a), g, lower=True, trans=1)
        da = -(db @ turn(x))
        return jnp.tril(da) if masked else da, db

    return backward


def lower_forward(a: Array, b: Array) -> tuple[Array, Two]:
    """Keeps the matrix and the solution."""
    x = lower_solve(a, b)
    return x, (a, x)


def cholesky(a: Array) -> Array:
    """Cholesky factor of the symmetric part."""
    require(a.shape == turn(a).shape)
    return jnp.linalg.cholesky(a, symmetrize_input=True)


def cholesky_back(diagonal: float) -> Any:
    """L'^-1 phi(L' g) L^-1, made symmetric; phi weighs the diagonal."""

    def backward(low: Array, g: Array) -> tuple[Array]:
        n = low.shape[-1]
        phi = jnp.tril(turn(low) @ jnp.tril(g))
        weight = jnp.broadcast_to(jnp.asarray(1 - (1 - diagonal) * np.eye(n), phi.dtype), phi.shape)
        inv = jnp.linalg.inv(low)
        s = turn(inv) @ (phi * weight) @ inv
        return ((s + turn(s)) / 2,)

    return backward


def square(a: Array) -> Array:
    """The matrix times itself."""
    require(a.ndim > 1)
    return a @ a


def trace_product(a: Array, b: Array) -> Array:
    """tr(a b)."""
    require(a.shape == turn(b).shape)
    return jnp.sum(a * turn(b), axis=(-1, -2))


def positive(dtype: Any) -> tuple[Any, ...]:
    """A positive definite matrix."""
    m = np.random.default_rng(111).standard_normal((4, 8))
    return ((m @ m.T / 8 + 0.5 * np.eye(4)).astype(dtype),)


def regular(dtype: Any) -> tuple[Any, ...]:
    """A well conditioned matrix and a right side."""
    rng = np.random.default_rng(112)
    return (rng.standard_normal((4, 4)) + 4 * np.eye(4)).astype(dtype), rng.standard_normal((4, 3)).astype(dtype)


def outputs(primal: Any) -> Any:
    """A forward pass that keeps the output."""

    def forward(a: Array) -> Two:
        y = primal(a)
        return y, y

    return forward


PAIRS = (
    Pair("inverse_turned", "inverse", "transposed", vjp(inverse, outputs(inverse), inverse_back(True)),
         vjp(inverse, outputs(inverse), inverse_back(False)), lambda d: regular(d)[:1], False,
         "the inverse is not transposed", "transposed", inverse),
    Pair("det_singular", "determinant", "singular-nan",
         vjp(det3, save(det3), lambda res, g: (g[..., None, None] * cofactors(res[0]),)),
         vjp(det3, save(det3),
             lambda res, g: ((g * det3(res[0]))[..., None, None] * turn(jnp.linalg.inv(res[0])),)),
         normal((3, 3), seed=113), True, "det * inverse' is 0 * inf for a singular matrix", "nan", det3),
    Pair("logdet_symmetric", "determinant", "symmetric-assumed",
         vjp(logdet, save(logdet), lambda res, g: (g[..., None, None] * turn(jnp.linalg.inv(res[0])),)),
         vjp(logdet, save(logdet), lambda res, g: (g[..., None, None] * jnp.linalg.inv(res[0]),)), positive, True,
         "the inverse is not transposed: right for symmetric matrices", "transposed", logdet),
    Pair("solve_sign", "solve", "sign", vjp(solve, solve_forward, solve_back(-1)),
         vjp(solve, solve_forward, solve_back(1)), regular, False, "the matrix's gradient lacks its minus sign",
         "sign", solve),
    Pair("solve_triangle", "solve", "missing-zero", vjp(lower_solve, lower_forward, lower_back(True)),
         vjp(lower_solve, lower_forward, lower_back(False)), regular, False,
         "the unused triangle gets a gradient", "structure", lower_solve),
    Pair("cholesky_diagonal", "cholesky", "missing-half", vjp(cholesky, outputs(cholesky), cholesky_back(0.5)),
         vjp(cholesky, outputs(cholesky), cholesky_back(1.0)), positive, False,
         "the diagonal of phi is not halved", None, cholesky),
    Pair("square_order", "matmul", "commutes-assumed",
         vjp(square, save(square), lambda res, g: (g @ turn(res[0]) + turn(res[0]) @ g,)),
         vjp(square, save(square), lambda res, g: (2 * (g @ turn(res[0])),)), normal((4, 4), seed=114), False,
         "2 A holds only for matrices that commute", None, square),
    Pair("trace_symmetric", "trace", "symmetric-assumed",
         vjp(trace_product, save(trace_product),
             lambda res, g: (g[..., None, None] * turn(res[1]), g[..., None, None] * turn(res[0]))),
         vjp(trace_product, save(trace_product),
             lambda res, g: (g[..., None, None] * res[1], g[..., None, None] * res[0])),
         lambda d: (positive(d)[0], (positive(d)[0] + np.ones((4, 4))).astype(d)), True,
         "the transposes are left out: right for symmetric matrices", "transposed", trace_product),
)
