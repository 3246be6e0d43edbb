"""`pool_matrix`: average pooling as a matrix, and max pooling as the matrix that selects what it selects at an input.

Windows lie as in `verify.conv_matrix`. Padding never wins: a maximum is taken over real entries alone, and of equal
ones the first in row-major order of the window is chosen, as JAX does.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np

from verify.matrices import options
from verify.matrices.convolution import known_format, make, scipy_holds
from verify.matrices.geometry import Geometry, windows
from verify.matrices.kernels import folded
from verify.matrices.scaled import rows_scaled
from verify.matrices.selection import selection_matrix


def pool_matrix(
    window: Any,
    input_shape: Any,
    *,
    kind: str = "average",
    at: Any = None,
    strides: Any = None,
    padding: Any = "VALID",
    dilation: Any = 1,
    count_include_pad: bool = False,
    layout: str | None = None,
    dtype: Any = np.float32,
    format: str = "csr",
) -> Any:
    """The matrix M of a pooling: pool(x).reshape(-1) = M @ x.reshape(-1) for one example x.

    Average pooling is linear. Max pooling is not: there M holds at `at`, and wherever else the same entries win;
    `verify.max_pool_stages` holds everywhere.

    Args:
        window: a positive integer or one per spatial axis.
        input_shape: of one example, without the batch: (..., C) or (C, ...).
        kind: "average" or "max".
        at: for "max", the example at which M selects.
        strides: likewise; the window itself if None.
        padding: "SAME", "VALID", "CIRCULAR", or (low, high) per axis; negative amounts crop.
        dilation: the distance between neighbouring entries of a window, an integer or one per axis.
        count_include_pad: for "average", divide by the size of the window also where it holds padding (Flax's default;
            False is what Keras and `jaxcnn` do).
        layout: "NHWC" (default) or "NCHW", and their kin for 1 and 3 spatial axes.
        dtype: of M; a floating one for "average".
        format: as for `verify.conv_matrix`.

    Raises:
        ValueError: shapes or options do not fit together, a window holds nothing but padding, or M is larger than the
            free memory.
        TypeError: `dtype` has no such numbers, or SciPy none of them; or `at` is not of real numbers.
    """
    known_format(format)
    dtype = entry_dtype(dtype, format, *((jnp.number, "numbers") if kind == "max" else (jnp.inexact, "fractions")))
    geometry = pooling(window, input_shape, strides, padding, dilation, layout)
    if kind == "average" and at is None:
        return _average(geometry, count_include_pad, dtype, format)
    if kind == "max" and at is not None:
        if np.shape(at) != geometry.input_shape:
            raise ValueError(f"`at` must have shape {geometry.input_shape}, that of one example; got {np.shape(at)}.")
        inputs = np.asarray(at)
        if not jnp.issubdtype(inputs.dtype, jnp.number) or inputs.dtype.kind == "c":
            raise TypeError(f"`at` must be of real numbers, which have a largest; got {inputs.dtype}.")
        chosen = winners(inputs, geometry)
        return selection_matrix(chosen, geometry.output_shape, geometry.input_shape, dtype, format)
    if kind == "max":
        raise ValueError("Max pooling is a matrix only at an input: give `at`, or use verify.max_pool_stages.")
    raise ValueError(f"`kind` must be 'max', with `at`, or 'average', without; got {kind!r}.")


def entry_dtype(dtype: Any, format: str, kind: Any, what: str) -> np.dtype:
    """The dtype of a matrix's entries.

    Raises:
        TypeError: it is not of this kind of numbers (`what`, in words), or the format is SciPy's and has none of them.
    """
    found = np.dtype(dtype)
    if not jnp.issubdtype(found, kind):
        raise TypeError(f"`dtype` must hold {what}; got {found}.")
    scipy_holds(found, format, "choose `dtype` float32, which holds the same numbers")
    return found


def pooling(
    window: Any, input_shape: Any, strides: Any = None, padding: Any = "VALID", dilation: Any = 1, layout: Any = None
) -> Geometry:
    """The geometry of a pooling: that of a depthwise convolution.

    Raises:
        ValueError: the shapes or options do not fit together.
    """
    try:
        rank = len(input_shape) - 1
    except TypeError:
        raise ValueError(f"`input_shape` must be a tuple of whole numbers; got {input_shape!r}.") from None
    if not 1 <= rank <= 3:
        raise ValueError(f"`input_shape` must have 1, 2 or 3 spatial axes and channels, no batch; got {input_shape}.")
    last = options.channels_last(layout, rank)
    sizes, channels = options.split("input_shape", input_shape, rank, last)
    taps = options.per_axis("window", window, rank)
    axes = windows(sizes, taps, taps if strides is None else strides, padding, dilation)
    return Geometry(axes, channels, channels, channels, last)


def winners(inputs: np.ndarray, geometry: Geometry) -> np.ndarray:
    """The flat position in the input of the entry that every output of a max pooling takes, flat.

    Raises:
        ValueError: a window holds nothing but padding.
    """
    every_window_is_real(geometry)
    positions, real = met(geometry)
    channels, spatial = geometry.channels, math.prod(axis.size for axis in geometry.axes)
    if geometry.last:
        flat = positions[:, None, :] * channels + np.arange(channels)[:, None]  # outputs, channels, taps
    else:
        flat = positions + np.arange(channels)[:, None, None] * spatial  # channels, outputs, taps
    real = real[:, None, :] if geometry.last else real
    values = np.where(real, inputs.reshape(-1)[flat], -np.inf)
    largest = values.max(axis=-1, keepdims=True)
    first = (real & ((values == largest) | np.isnan(values))).argmax(axis=-1)
    return np.take_along_axis(flat, first[..., None], axis=-1).reshape(-1)


def met(geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """The flat spatial position that each output meets at each tap, [outputs, taps], and whether there is one."""
    positions, real = np.zeros((1, 1), np.intp), np.ones((1, 1), bool)
    for axis in geometry.axes:
        reads = axis.reads[None, :, None, :]
        shape = (len(positions) * axis.outputs, positions.shape[1] * axis.window)
        positions = (positions[:, None, :, None] * axis.size + np.maximum(reads, 0)).reshape(shape)
        real = (real[:, None, :, None] & (reads >= 0)).reshape(shape)
    return positions, real


def every_window_is_real(geometry: Geometry) -> None:
    """Raise `ValueError` where a window holds nothing but padding."""
    for at, axis in enumerate(geometry.axes):
        if axis.counts.min() == 0:
            raise ValueError(
                f"Every window must hold a real entry, and window {int(axis.counts.argmin())} along spatial axis {at} "
                "holds nothing but padding: pad less than the window."
            )


def _average(geometry: Geometry, count_include_pad: bool, dtype: np.dtype, format: str) -> Any:
    taps = [axis.window for axis in geometry.axes]
    if count_include_pad:
        return make(*_kernel(geometry, np.asarray(1 / math.prod(taps), dtype)), format=format)
    every_window_is_real(geometry)
    ones = make(*_kernel(geometry, np.ones((), dtype)), format=format)
    counts = math.prod(np.ix_(*(axis.counts for axis in geometry.axes)), start=np.ones((), dtype))
    channels = -1 if geometry.last else 0
    factors = np.broadcast_to(np.expand_dims(1 / counts, channels), geometry.output_shape)
    return rows_scaled(ones, factors.astype(dtype), format)


def _kernel(geometry: Geometry, value: np.ndarray) -> tuple[np.ndarray, Geometry]:
    taps = [axis.window for axis in geometry.axes]
    shape = (*taps, 1, geometry.channels) if geometry.last else (geometry.channels, 1, *taps)
    return folded(np.full(shape, value), geometry)
