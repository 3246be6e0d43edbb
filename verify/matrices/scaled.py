"""A matrix with every row multiplied by a number, in the format it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.matrices.jax_arrays import handed_over
from verify.matrices.maps import LinearMap


def rows_scaled(matrix: Any, factors: np.ndarray, format: str) -> Any:
    """diag(factors) @ matrix; NumPy's and SciPy's matrices are changed in place. `factors` are shaped as outputs."""
    return _BY_FORMAT[format](matrix, factors)


def _numpy(matrix: np.ndarray, factors: np.ndarray) -> np.ndarray:
    matrix *= factors.reshape(-1, 1)
    return matrix


def _csr(matrix: Any, factors: np.ndarray) -> Any:
    matrix.data *= factors.reshape(-1).repeat(np.diff(matrix.indptr))
    return matrix


def _bsr(matrix: Any, factors: np.ndarray) -> Any:
    in_blocks = factors.reshape(-1, matrix.blocksize[0], 1)
    matrix.data *= in_blocks.repeat(np.diff(matrix.indptr), axis=0)
    return matrix


def _operator(operator: Any, factors: np.ndarray) -> Any:
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import aslinearoperator

    return aslinearoperator(diags_array(factors.reshape(-1))) @ operator


def _jax(matrix: Any, factors: np.ndarray) -> Any:
    return handed_over(np.asarray(matrix) * factors.reshape(-1, 1))


def _bcoo(matrix: Any, factors: np.ndarray) -> Any:
    from jax.experimental.sparse import BCOO

    data = np.asarray(matrix.data) * factors.reshape(-1)[np.asarray(matrix.indices[:, 0])]
    return BCOO((handed_over(data), matrix.indices), shape=matrix.shape, indices_sorted=True, unique_indices=True)


def _pair(pair: LinearMap, factors: np.ndarray) -> LinearMap:
    def scaled(outputs: Any) -> Any:
        return outputs * jnp.broadcast_to(jnp.asarray(factors, outputs.dtype), outputs.shape)

    return LinearMap(lambda inputs: scaled(pair.apply(inputs)), lambda outputs: pair.adjoint(scaled(outputs)))


_BY_FORMAT: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "numpy": _numpy,
    "csr": _csr,
    "bsr": _bsr,
    "operator": _operator,
    "jax": _jax,
    "bcoo": _bcoo,
    "pair": _pair,
}
