"""A convolution as a dense NumPy array: zeros, then one strided assignment per tap."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from verify.matrices import sparse
from verify.matrices.axis import Slices
from verify.matrices.geometry import Geometry


def dense(kernel: np.ndarray, geometry: Geometry, out: np.ndarray | None = None) -> np.ndarray:
    """The matrix as an array, or written into `out`, which is returned.

    Raises:
        ValueError: `out` is not a C-contiguous writable array of the matrix's shape and the kernel's dtype; or the
            matrix is larger than the free memory.
    """
    if out is None:
        needed = math.prod(geometry.shape) * kernel.dtype.itemsize
        advice = f"'csr' needs {sparse.csr_bytes(geometry, kernel.dtype) / 1e9:.3g} GB"
        sparse.require(geometry, needed, "numpy", advice)
        out = np.zeros(geometry.shape, kernel.dtype)
    else:
        usable(out, geometry.shape, kernel.dtype)
        out.fill(0)
    for tap in np.ndindex(*(axis.window for axis in geometry.axes)):
        values = _tap(kernel, geometry, tap)
        for pieces in itertools.product(*(axis.slices(a) for axis, a in zip(geometry.axes, tap, strict=True))):
            _view(out, geometry, pieces)[...] = values
    return out


def usable(out: Any, shape: tuple[int, int], dtype: Any) -> None:
    """Raise `ValueError` unless a caller's array can take the matrix."""
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        got = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ValueError(f"`out` must be a NumPy array of dtype {dtype} and shape {shape}; got {got}.")
    if not (out.flags.c_contiguous and out.flags.writeable):
        raise ValueError("`out` must be C-contiguous and writable: pass an array of its own, not a view.")


def _tap(kernel: np.ndarray, geometry: Geometry, tap: tuple[int, ...]) -> np.ndarray:
    """The kernel at one tap as (G, O / G, C / G)."""
    rows, columns = geometry.block
    if geometry.last:
        return np.ascontiguousarray(kernel[tap].reshape(columns, geometry.groups, rows).transpose(1, 2, 0))
    at: Any = (slice(None), slice(None), *tap)
    return np.ascontiguousarray(kernel[at]).reshape(geometry.groups, rows, columns)


def _view(out: np.ndarray, geometry: Geometry, pieces: tuple[Slices, ...]) -> np.ndarray:
    """The entries of one tap: (positions along each axis..., G, O / G, C / G)."""
    entries = out.reshape(*geometry.output_shape, *geometry.input_shape)
    rank, first = len(pieces), 0 if geometry.last else 1
    over_out, over_in = entries.strides[: rank + 1], entries.strides[rank + 1 :]
    row, column = (over_out[-1], over_in[-1]) if geometry.last else (over_out[0], over_in[0])
    at = [slice(0, 1)] * (2 * rank + 2)
    strides = []
    for axis, piece in enumerate(pieces):
        at[first + axis] = slice(piece.output, None)
        at[first + axis + rank + 1] = slice(piece.input, None)
        strides.append(piece.output_step * over_out[first + axis] + piece.input_step * over_in[first + axis])
    rows, columns = geometry.block
    shape = (*(piece.times for piece in pieces), geometry.groups, rows, columns)
    return as_strided(entries[tuple(at)], shape, (*strides, rows * row + columns * column, row, column))
