"""A selection of entries as a matrix: one 1 in every row."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.matrices import memory
from verify.matrices.jax_arrays import handed_over
from verify.matrices.maps import LinearMap

Shape = tuple[int, ...]


def selection_matrix(chosen: np.ndarray, output_shape: Shape, input_shape: Shape, dtype: Any, format: str) -> Any:
    """The matrix whose row r has its 1 in column `chosen[r]`, in one of the formats of `verify.conv_matrix`.

    Raises:
        ValueError: it is dense and larger than the free memory.
    """
    if format == "pair":
        return _pair(chosen, output_shape, input_shape)
    from scipy.sparse import bsr_array, csr_array
    from scipy.sparse.linalg import aslinearoperator

    rows, columns = len(chosen), math.prod(input_shape)
    ones, pointers = np.ones(rows, dtype), np.arange(rows + 1, dtype=np.int32)
    indices = chosen.astype(np.int32)
    matrix = csr_array((ones, indices, pointers), shape=(rows, columns))
    if format == "bsr":
        return bsr_array((ones.reshape(-1, 1, 1), indices, pointers), shape=(rows, columns))
    if format == "operator":
        return aslinearoperator(matrix)
    if format == "bcoo":
        from jax.experimental.sparse import BCOO

        entries = jnp.asarray(ones), jnp.asarray(np.stack([pointers[:-1], indices], axis=1))
        return BCOO(entries, shape=(rows, columns), indices_sorted=True, unique_indices=True)
    if format == "csr":
        return matrix
    needed = rows * columns * ones.itemsize
    memory.require(needed, f"The {rows} x {columns} matrix as {format!r}", "choose format 'csr'")
    return handed_over(matrix.toarray()) if format == "jax" else matrix.toarray()


def _pair(chosen: np.ndarray, output_shape: Shape, input_shape: Shape) -> LinearMap:
    """Picking entries, and adding each back to where it came from."""

    def apply(inputs: Any) -> Any:
        batch = inputs.shape[: inputs.ndim - len(input_shape)]
        return inputs.reshape(*batch, -1)[..., chosen].reshape(*batch, *output_shape)

    def adjoint(outputs: Any) -> Any:
        batch = outputs.shape[: outputs.ndim - len(output_shape)]
        zeros = jnp.zeros((*batch, math.prod(input_shape)), outputs.dtype)
        return zeros.at[..., chosen].add(outputs.reshape(*batch, -1)).reshape(*batch, *input_shape)

    return LinearMap(jax.jit(apply), jax.jit(adjoint))
