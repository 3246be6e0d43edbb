"""All singular values of a convolution with circular padding, also with strides, groups and dilations."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.matrices.geometry import Geometry, convolution
from verify.spectra.symbol import symbol


def circular_singular_values(
    kernel: Any,
    input_shape: Any,
    *,
    strides: Any = 1,
    dilation: Any = 1,
    input_dilation: Any = 1,
    groups: int = 1,
    layout: str | None = None,
) -> np.ndarray:
    """The singular values of `verify.conv_matrix(kernel, input_shape, padding="CIRCULAR", ...)`, descending.

    The matrix is block diagonal in a Fourier basis: one small singular value decomposition per frequency instead of a
    large one. Strides fold the frequencies that they cannot tell apart into one block (the polyphase form).

    Args:
        kernel: real, as for `verify.conv_matrix`.
        input_shape: as for `verify.conv_matrix`.
        strides: each must divide the entries (times `input_dilation`) of its axis: else there is no Fourier basis.
        dilation: as for `verify.conv_matrix`.
        input_dilation: as for `verify.conv_matrix`.
        groups: as for `verify.conv_matrix`.
        layout: as for `verify.conv_matrix`.

    Returns:
        min(outputs, inputs) numbers in float64.

    Raises:
        ValueError: shapes or options do not fit together, or a stride does not divide its axis.
        TypeError: the kernel is not of real numbers.

    Source:
        Sedghi, Gupta and Long, The singular values of convolutional layers, ICLR 2019, for stride 1.
    """
    kernel, exponent = near_one(real(kernel))
    geometry = convolution(
        kernel.shape,
        input_shape,
        strides=strides,
        padding="CIRCULAR",
        dilation=dilation,
        input_dilation=input_dilation,
        groups=groups,
        layout=layout,
    )
    found = []
    blocks = symbol(kernel, geometry, periods(geometry))
    for part, chunk in blocks.chunks():
        values = np.linalg.svd(chunk, compute_uv=False).reshape(len(chunk), -1)
        found.append(values.repeat(blocks.multiplicities[part], axis=0).reshape(-1))
    return np.ldexp(np.sort(np.concatenate(found))[::-1], exponent)


def periods(geometry: Geometry) -> list[int]:
    """The positions of each circular axis.

    Raises:
        ValueError: a stride does not divide them.
    """
    for at, axis in enumerate(geometry.axes):
        if axis.period % axis.stride:
            raise ValueError(
                f"`strides` must divide the {axis.period} positions of circular axis {at}; got {axis.stride}."
            )
    return [axis.period for axis in geometry.axes]


def real(kernel: Any) -> np.ndarray:
    """A kernel in float64.

    Raises:
        TypeError: it is not of real numbers.
        ValueError: it is not finite.
    """
    array = np.asarray(kernel)
    if array.dtype.kind == "c" or not np.can_cast(array.dtype, np.float64):
        raise TypeError(f"`kernel` must be of real numbers; got {array.dtype}.")
    wide = array.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("`kernel` must be finite.")
    return wide


def near_one(kernel: np.ndarray) -> tuple[np.ndarray, int]:
    """(kernel / 2^exponent, exponent) with a largest entry of about one, so that no square under- or overflows."""
    exponent = int(np.frexp(np.abs(kernel).max())[1])
    return np.ldexp(kernel, -exponent), exponent
