"""A claim, "this matrix is that function", in whatever form the matrix comes: what a check can ask of it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.matrices.affine import Affine
from verify.matrices.maps import LinearMap

Shape = tuple[int, ...]
Products = Callable[[np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Claim:
    """A matrix of known shape.

    Attributes:
        shape: (rows, columns); None of a pair of functions, which show it only when called.
        columns: the columns with these numbers, as a NumPy array [rows, n].
        products: for rows [n, columns], what the matrix makes of each: [n, rows].
        adjoints: the same for its adjoint, of what has one of its own.
        offset: what is added to every product, or None.
    """

    shape: tuple[int, int] | None
    columns: Callable[[np.ndarray], np.ndarray]
    products: Products
    adjoints: Products | None = None
    offset: np.ndarray | None = None


def claimed(matrix: Any, in_shape: Shape, out_shape: Shape) -> Claim:
    """Read a matrix in any format of `verify.conv_matrix`.

    Raises:
        TypeError: it is none of them.
    """
    if isinstance(matrix, Affine):
        return dataclasses.replace(claimed(matrix.matrix, in_shape, out_shape), offset=np.asarray(matrix.offset))
    if isinstance(matrix, LinearMap):
        return _of_pair(matrix, in_shape, out_shape)
    if hasattr(matrix, "n_sparse"):
        matrix = _from_bcoo(matrix)
    if len(getattr(matrix, "shape", ())) != 2:
        raise TypeError(
            "`matrix` must be a two-dimensional array, a sparse matrix, a LinearOperator, a verify.Affine or a pair; "
            f"got {type(matrix).__name__}{' of shape ' + str(matrix.shape) if hasattr(matrix, 'shape') else ''}."
        )
    if hasattr(matrix, "rmatmat"):
        return _of_operator(matrix)
    if hasattr(matrix, "tocsr"):
        return _of_sparse(matrix.tocsr())
    dense = np.asarray(matrix)
    return Claim(dense.shape, lambda at: dense[:, at], lambda rows: rows @ dense.T)


def _of_sparse(matrix: Any) -> Claim:
    from scipy.sparse import csr_array

    def columns(at: np.ndarray) -> np.ndarray:
        if len(at) == matrix.shape[1] and (at == np.arange(len(at))).all():
            return matrix.toarray()
        ones = np.ones(len(at), matrix.dtype)
        return (matrix @ csr_array((ones, (at, np.arange(len(at)))), shape=(matrix.shape[1], len(at)))).toarray()

    return Claim(matrix.shape, columns, lambda rows: (matrix @ rows.T).T)


def _of_operator(operator: Any) -> Claim:
    dtype = np.dtype(operator.dtype or np.float64)

    def columns(at: np.ndarray) -> np.ndarray:
        return np.asarray(operator.matmat(_units(at, operator.shape[1], dtype).T))

    return Claim(
        operator.shape,
        columns,
        lambda rows: np.asarray(operator.matmat(rows.T)).T,
        lambda rows: np.asarray(operator.rmatmat(rows.T)).T,
    )


def _of_pair(pair: LinearMap, in_shape: Shape, out_shape: Shape) -> Claim:
    def products(rows: np.ndarray) -> np.ndarray:
        return np.asarray(pair.apply(rows.reshape(-1, *in_shape))).reshape(len(rows), -1)

    def adjoints(rows: np.ndarray) -> np.ndarray:
        return np.asarray(pair.adjoint(rows.reshape(-1, *out_shape))).reshape(len(rows), -1)

    def columns(at: np.ndarray) -> np.ndarray:
        return products(_units(at, math.prod(in_shape), np.dtype(np.float32))).T

    return Claim(None, columns, products, adjoints)


def _from_bcoo(matrix: Any) -> Any:
    """SciPy's form of a BCOO; entries out of bounds are JAX's padding."""
    if matrix.n_batch or matrix.n_dense:
        return np.asarray(matrix.todense())
    from scipy.sparse import coo_array

    data, indices = np.asarray(matrix.data), np.asarray(matrix.indices)
    inside = (indices < np.asarray(matrix.shape)).all(axis=1)
    return coo_array((data[inside], tuple(indices[inside].T)), shape=matrix.shape)


def _units(at: np.ndarray, size: int, dtype: np.dtype) -> np.ndarray:
    units = np.zeros((len(at), size), dtype)
    units[np.arange(len(at)), at] = 1
    return units
