"""A convolution as a SciPy CSR or BSR matrix, written in its final order: no sort, no duplicates, no intermediate.

Explicit zeros of the kernel are entries like others: the structure depends on the geometry alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.matrices import kernels, memory
from verify.matrices.geometry import Geometry
from verify.matrices.segments import Rows, segments, spread


def csr(kernel: np.ndarray, geometry: Geometry) -> Any:
    """The matrix as a `scipy.sparse.csr_array`.

    Raises:
        ValueError: it is larger than the free memory.
    """
    from scipy.sparse import csr_array

    index = index_dtype(geometry)
    require(geometry, csr_bytes(geometry, kernel.dtype), "csr", "'operator' needs no memory of its own")
    rows = entry_rows(geometry)
    data, indices = np.empty(rows.entries, kernel.dtype), np.empty(rows.entries, index)
    write(kernel, geometry, rows, data, indices)
    return _canonical(csr_array((data, indices, pointers(geometry, rows, index)), shape=geometry.shape))


def write(kernel: np.ndarray, geometry: Geometry, rows: Rows, data: np.ndarray, indices: np.ndarray) -> None:
    """Write the entries and their columns, row after row, into arrays of `rows.entries`."""
    scale = geometry.channels if geometry.last else 1
    sizes = [axis.size for axis in geometry.axes]
    for segment in segments(geometry.axes):
        moves = [scale * move.astype(indices.dtype) for move in segment.moves(sizes)]
        spread(rows.view(data, segment), kernels.values(kernel, geometry, segment))
        spread(rows.view(indices, segment), kernels.columns(geometry, segment, indices.dtype), moves)


def bsr(kernel: np.ndarray, geometry: Geometry) -> Any:
    """The matrix as a `scipy.sparse.bsr_array`: an O / G x C / G block per output position, group and tap.

    With channels first the channels of a position are not neighbours, and the blocks are single entries.

    Raises:
        ValueError: it is larger than the free memory.
    """
    from scipy.sparse import bsr_array

    if not geometry.last:
        one = csr(kernel, geometry)
        return _canonical(bsr_array((one.data.reshape(-1, 1, 1), one.indices, one.indptr), shape=geometry.shape))
    index = index_dtype(geometry)
    need = geometry.entries * kernel.dtype.itemsize + geometry.taps_met * geometry.groups * index.itemsize
    require(geometry, need, "bsr", "'operator' needs no memory of its own")
    places = Rows(geometry.axes, geometry.groups, 1)
    rows = entry_rows(geometry)
    data, indices = np.empty(rows.entries, kernel.dtype), np.empty(places.entries, index)
    sizes = [axis.size for axis in geometry.axes]
    for segment in segments(geometry.axes):
        moves = [geometry.groups * move.astype(index) for move in segment.moves(sizes)]
        spread(rows.view(data, segment), kernels.blocks(kernel, geometry, segment))
        spread(places.view(indices, segment), kernels.block_columns(geometry, segment, index), moves)
    begins = places.begins[:-1, None] + places.taps.reshape(-1, 1) * np.arange(geometry.groups)
    pointer = np.concatenate([begins.reshape(-1), [places.entries]]).astype(index)
    return _canonical(bsr_array((data.reshape(-1, *geometry.block), indices, pointer), shape=geometry.shape))


def entry_rows(geometry: Geometry) -> Rows:
    """Where the rows of the matrix begin: those of a position lie together where channels come last."""
    inner = geometry.block[1]
    if geometry.last:
        return Rows(geometry.axes, geometry.features * inner, 1)
    return Rows(geometry.axes, inner, geometry.features)


def pointers(geometry: Geometry, rows: Rows, dtype: Any) -> np.ndarray:
    """CSR's row pointers, one more than there are rows."""
    found = np.empty(geometry.shape[0] + 1, dtype)
    if geometry.last:
        per_row = rows.taps.reshape(-1, 1) * geometry.block[1]
        first, then = rows.begins[:-1, None], per_row * np.arange(geometry.features)
    else:
        first, then = np.arange(geometry.features)[:, None] * rows.begins[-1], rows.begins[:-1]
    np.add(first, then, out=found[:-1].reshape(np.broadcast_shapes(first.shape, then.shape)), casting="unsafe")
    found[-1] = rows.entries
    return found


def index_dtype(geometry: Geometry) -> np.dtype:
    """int32 as long as it holds every row, column and number of entries: SciPy wants one dtype for all."""
    return np.dtype(np.int32 if max(geometry.entries, *geometry.shape) <= np.iinfo(np.int32).max else np.int64)


def csr_bytes(geometry: Geometry, dtype: Any) -> int:
    """How large the CSR matrix is."""
    index = index_dtype(geometry).itemsize
    return geometry.entries * (np.dtype(dtype).itemsize + index) + (geometry.shape[0] + 1) * index


def require(geometry: Geometry, needed: int, form: str, advice: str) -> None:
    """Raise `ValueError` unless a matrix in some format fits into memory."""
    rows, columns = geometry.shape
    memory.require(needed, f"The {rows} x {columns} matrix as {form!r}", advice)


def _canonical(matrix: Any) -> Any:
    """Tell SciPy what it would otherwise look for: columns ascend and none comes twice."""
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix
