"""A convolution as a `scipy.sparse.linalg.LinearOperator`: one matrix product per tap, in NumPy, nothing stored.

It shares neither code nor library with the convolution of JAX, and computes in the dtype of its kernel and its operand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from verify.matrices.geometry import Geometry

_At = tuple[slice, ...]


def linear_operator(kernel: np.ndarray, geometry: Geometry) -> Any:
    """The matrix as an operator with `@`, its adjoint `.H @` and products with several columns at once."""
    from scipy.sparse.linalg import LinearOperator

    taps = list(_taps(kernel, geometry))

    def matmat(columns: np.ndarray) -> np.ndarray:
        inputs = _grouped(columns, geometry.input_shape, geometry)
        outputs = _zeros(inputs, [axis.outputs for axis in geometry.axes], geometry.block[0], kernel.dtype)
        for values, to, source in taps:
            outputs[to] += _product(inputs[source], values)
        return _flat(outputs, geometry)

    def rmatmat(columns: np.ndarray) -> np.ndarray:
        outputs = _grouped(columns, geometry.output_shape, geometry)
        inputs = _zeros(outputs, [axis.size for axis in geometry.axes], geometry.block[1], kernel.dtype)
        for values, to, source in taps:
            inputs[source] += _product(outputs[to], values.conj().swapaxes(1, 2))
        return _flat(inputs, geometry)

    return LinearOperator(
        geometry.shape,
        matvec=lambda vector: matmat(vector.reshape(-1, 1)).reshape(-1),
        rmatvec=lambda vector: rmatmat(vector.reshape(-1, 1)).reshape(-1),
        matmat=matmat,
        rmatmat=rmatmat,
        dtype=kernel.dtype,
    )


def _taps(kernel: np.ndarray, geometry: Geometry) -> Iterator[tuple[np.ndarray, _At, _At]]:
    """Every tap as (G, C / G, O / G), with the output positions that meet it and the input positions they meet."""
    rows, columns = geometry.block
    for tap in np.ndindex(*(axis.window for axis in geometry.axes)):
        if geometry.last:
            values = kernel[tap].reshape(columns, geometry.groups, rows).transpose(1, 0, 2)
        else:
            values = kernel[(slice(None), slice(None), *tap)].reshape(geometry.groups, rows, columns).swapaxes(1, 2)
        for pieces in itertools.product(*(axis.slices(a) for axis, a in zip(geometry.axes, tap, strict=True))):
            every = (slice(None), slice(None))
            yield values, (*every, *(p.outputs for p in pieces)), (*every, *(p.inputs for p in pieces))


def _zeros(like: np.ndarray, positions: list[int], channels: int, dtype: np.dtype) -> np.ndarray:
    """[batch, G, positions..., channels of a group] for results of a product with `like`."""
    return np.zeros((*like.shape[:2], *positions, channels), np.result_type(like, dtype))


def _product(arrays: np.ndarray, values: np.ndarray) -> np.ndarray:
    """[batch, G, positions..., n] times [G, n, m]."""
    batch, groups, *positions, n = arrays.shape
    found = arrays.reshape(batch, groups, -1, n) @ values
    return found.reshape(batch, groups, *positions, values.shape[2])


def _grouped(columns: np.ndarray, shape: tuple[int, ...], geometry: Geometry) -> np.ndarray:
    """Columns [entries, batch] as [batch, G, positions..., channels of a group]."""
    arrays = columns.T.reshape(-1, *shape)
    if geometry.last:
        return np.moveaxis(arrays.reshape(*arrays.shape[:-1], geometry.groups, -1), -2, 1)
    split = arrays.reshape(len(arrays), geometry.groups, -1, *shape[1:])
    return np.moveaxis(split, 2, -1)


def _flat(arrays: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The inverse of `_grouped`."""
    if geometry.last:
        arrays = np.moveaxis(arrays, 1, -2)
    else:
        arrays = np.moveaxis(arrays, -1, 2)
    return arrays.reshape(len(arrays), -1).T
