"""A kernel's entries in the order of a matrix's rows, for one segment of output positions."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from verify.matrices.geometry import Geometry
from verify.matrices.segments import Segment, weights


def folded(kernel: Any, geometry: Geometry) -> tuple[Any, Geometry]:
    """The same convolution without taps that meet the same input: on a circular axis that a window wraps, they add up.

    Works on NumPy and on JAX arrays, traced ones too.
    """
    axes = []
    for at, axis in enumerate(geometry.axes):
        distinct, position = axis.distinct_taps, at if geometry.last else at + 2
        if distinct < axis.window:
            parts = [_part(kernel, position, begin, distinct) for begin in range(0, axis.window, distinct)]
            kernel = sum(parts[1:], parts[0])
        axes.append(dataclasses.replace(axis, window=distinct))
    return kernel, dataclasses.replace(geometry, axes=tuple(axes))


def values(kernel: Any, geometry: Geometry, segment: Segment) -> Any:
    """The entries of the segment's rows: [1, O * taps * C / G] with channels last, else [O, C / G * taps]."""
    met = chosen(kernel, geometry, segment)
    if geometry.last:
        return met.transpose(met.ndim - 1, *range(met.ndim - 1)).reshape(1, -1)
    return met.reshape(geometry.features, -1)


def blocks(kernel: Any, geometry: Geometry, segment: Segment) -> Any:
    """The same with channels last, as one O / G x C / G block after the other: [1, G * taps * O / G * C / G]."""
    met = chosen(kernel, geometry, segment)
    rows, columns = geometry.block
    grouped = met.reshape(-1, columns, geometry.groups, rows)  # taps, C / G, G, O / G
    return grouped.transpose(2, 0, 3, 1).reshape(1, -1)


def columns(geometry: Geometry, segment: Segment, dtype: Any) -> np.ndarray:
    """The columns of these entries for the first output position of the segment.

    Shaped as `values`; one row stands for all output channels that read the same inputs.
    """
    inputs = segment.inputs([axis.size for axis in geometry.axes]).reshape(-1)
    channel = np.arange(geometry.channels).reshape(geometry.groups, 1, 1, -1)  # G, O / G, taps, C / G
    if geometry.last:
        found = np.repeat(inputs[:, None] * geometry.channels + channel, geometry.block[0], axis=1)
        return found.reshape(1, -1).astype(dtype)
    found = channel.swapaxes(2, 3) * math.prod(axis.size for axis in geometry.axes) + inputs
    if geometry.groups > 1:
        found = np.repeat(found, geometry.block[0], axis=1)
    return found.reshape(1 if geometry.groups == 1 else geometry.features, -1).astype(dtype)


def rows(geometry: Geometry, segment: Segment, dtype: Any) -> np.ndarray:
    """The rows of these entries for the first output position of the segment, shaped as `values`."""
    sizes = [axis.outputs for axis in geometry.axes]
    start = sum(at * weight for at, weight in zip(segment.start, weights(sizes), strict=True))
    per_row = math.prod(map(len, segment.taps)) * geometry.block[1]
    features = np.arange(geometry.features).repeat(per_row).astype(dtype)
    if geometry.last:
        return features[None] + dtype(start * geometry.features)
    return (features * dtype(math.prod(sizes)) + dtype(start)).reshape(geometry.features, -1)


def block_columns(geometry: Geometry, segment: Segment, dtype: Any) -> np.ndarray:
    """The block columns of `blocks` for the first output position of the segment: [1, G * taps]."""
    inputs = segment.inputs([axis.size for axis in geometry.axes]).reshape(-1)
    return (inputs * geometry.groups + np.arange(geometry.groups)[:, None]).reshape(1, -1).astype(dtype)


def chosen(kernel: Any, geometry: Geometry, segment: Segment) -> Any:
    """The kernel at the taps that the segment meets, in the order of their inputs."""
    for at, taps in enumerate(segment.taps):
        position = at if geometry.last else at + 2
        kernel = kernel[(slice(None),) * position + (_slice_or_list(taps),)]
    return kernel


def _slice_or_list(taps: tuple[int, ...]) -> Any:
    """A slice where taps follow one another: JAX turns a list into a gather."""
    first = min(taps, default=0)
    ascending = taps == tuple(range(first, first + len(taps)))
    return slice(first, first + len(taps)) if ascending else np.asarray(taps)


def _part(kernel: Any, position: int, begin: int, length: int) -> Any:
    """Taps from `begin` on, with zeros after the last so that there are `length`."""
    part = kernel[(slice(None),) * position + (slice(begin, begin + length),)]
    missing = list(part.shape)
    missing[position] = length - part.shape[position]
    arrays = kernel.__array_namespace__()
    return arrays.concat([part, arrays.zeros(missing, dtype=kernel.dtype)], axis=position)
