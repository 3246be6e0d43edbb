"""The matrix as a JAX array or BCOO, made by NumPy and handed over without a copy where JAX computes on the CPU."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.matrices import kernels, sparse
from verify.matrices.dense import dense
from verify.matrices.geometry import Geometry
from verify.matrices.segments import segments, spread

_ALIGNMENT = 64  # bytes: JAX copies what is aligned less


def jax_dense(kernel: np.ndarray, geometry: Geometry) -> Any:
    """The matrix as a JAX array.

    Raises:
        ValueError: it is larger than the free memory.
    """
    count = math.prod(geometry.shape)
    advice = f"'bcoo' needs {_bcoo_bytes(geometry, kernel.dtype) / 1e9:.3g} GB"
    sparse.require(geometry, count * kernel.dtype.itemsize, "jax", advice)
    return handed_over(dense(kernel, geometry, _aligned(count, kernel.dtype).reshape(geometry.shape)))


def bcoo(kernel: np.ndarray, geometry: Geometry) -> Any:
    """The matrix as a `jax.experimental.sparse.BCOO`, its rows and columns in ascending order.

    Raises:
        ValueError: it is larger than the free memory, or its shape is beyond JAX's 32-bit indices.
    """
    from jax.experimental.sparse import BCOO

    indexable(geometry)
    sparse.require(geometry, _bcoo_bytes(geometry, kernel.dtype), "bcoo", "'pair' needs no memory of its own")
    rows = sparse.entry_rows(geometry)
    data = _aligned(rows.entries, kernel.dtype)
    indices = _aligned(2 * rows.entries, np.dtype(np.int32)).reshape(-1, 2)
    sparse.write(kernel, geometry, rows, data, indices[:, 1])
    sizes = [axis.outputs for axis in geometry.axes]
    for segment in segments(geometry.axes):
        moves = [
            (geometry.features if geometry.last else 1) * move.astype(np.int32) for move in segment.output_moves(sizes)
        ]
        spread(rows.view(indices[:, 0], segment), kernels.rows(geometry, segment, np.int32), moves)
    entries = handed_over(data), handed_over(indices)
    return BCOO(entries, shape=geometry.shape, indices_sorted=True, unique_indices=True)


def indexable(geometry: Geometry) -> None:
    """Raise `ValueError` where a row or column has no 32-bit number."""
    if max(geometry.shape) > np.iinfo(np.int32).max:
        raise ValueError(
            f"A BCOO matrix is indexed by 32 bits, and {geometry.shape[0]} x {geometry.shape[1]} needs more: "
            "choose format 'csr' or 'pair'."
        )


def handed_over(array: np.ndarray) -> Any:
    """A JAX array of the same numbers, which owns them from now on."""
    kept = jnp.asarray(array.reshape(-1)[:0]).dtype == array.dtype  # JAX has 64 bits only where they are on
    if jax.default_backend() == "cpu" and array.dtype.kind in "iufc" and kept:
        return jnp.from_dlpack(array)
    return jnp.asarray(array)


def _aligned(count: int, dtype: np.dtype) -> np.ndarray:
    raw = np.empty(count * dtype.itemsize + _ALIGNMENT, np.uint8)
    begin = -raw.ctypes.data % _ALIGNMENT
    return raw[begin : begin + count * dtype.itemsize].view(dtype)


def _bcoo_bytes(geometry: Geometry, dtype: Any) -> int:
    return geometry.entries * (np.dtype(dtype).itemsize + 8)
