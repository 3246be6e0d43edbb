"""The Frobenius norm of a convolution, from how often each tap is met."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from verify.matrices.geometry import Geometry, convolution
from verify.matrices.kernels import folded
from verify.spectra.circular import near_one, real


def frobenius_norm(kernel: Any, input_shape: Any, **options: Any) -> float:
    """The Frobenius norm of `verify.conv_matrix(kernel, input_shape, **options)`: sqrt(sum_a n(a) |K[a]|^2).

    n(a) is how many output positions meet an input at tap a: a product over axes. The norm is that of all singular
    values together, so that together with `verify.norm_interval` it says how many of them matter.

    Args:
        kernel: real, as for `verify.conv_matrix`.
        input_shape: as for `verify.conv_matrix`.
        **options: strides, padding, dilation, input_dilation, groups and layout, as for `verify.conv_matrix`.

    Raises:
        ValueError: shapes or options do not fit together.
        TypeError: the kernel is not of real numbers, or there is no such option.
    """
    kernel = real(kernel)
    return frobenius(kernel, convolution(kernel.shape, input_shape, **options))


def frobenius(kernel: np.ndarray, geometry: Geometry) -> float:
    """The same for a real kernel in float64 and a geometry."""
    kernel, geometry = folded(kernel, geometry)
    met = [[axis.met(tap) for tap in range(axis.window)] for axis in geometry.axes]
    times = math.prod(np.ix_(*met), start=np.ones(()))
    kernel, exponent = near_one(kernel)
    squares = (kernel**2).sum(axis=(-1, -2) if geometry.last else (0, 1))
    return float(np.ldexp(math.sqrt(float((times * squares).sum())), exponent))
