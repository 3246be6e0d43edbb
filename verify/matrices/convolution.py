"""`conv_matrix`: the matrix of a convolution, in closed form, in the format that is asked for."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.matrices import jax_arrays, sparse, traced
from verify.matrices.affine import Affine
from verify.matrices.dense import dense
from verify.matrices.geometry import Geometry, convolution
from verify.matrices.kernels import folded
from verify.matrices.linear_operator import linear_operator
from verify.matrices.maps import linear_map

FORMATS = {
    "numpy": dense,
    "csr": sparse.csr,
    "bsr": sparse.bsr,
    "operator": linear_operator,
    "jax": jax_arrays.jax_dense,
    "bcoo": jax_arrays.bcoo,
    "pair": linear_map,
}
TRACED = {"jax": traced.dense, "bcoo": traced.bcoo, "pair": linear_map}
_SCIPY = ("csr", "bsr", "operator")


def conv_matrix(
    kernel: Any,
    input_shape: Any,
    *,
    strides: Any = 1,
    padding: Any = "SAME",
    dilation: Any = 1,
    input_dilation: Any = 1,
    groups: int = 1,
    layout: str | None = None,
    bias: Any = None,
    format: str = "csr",
    out: np.ndarray | None = None,
) -> Any:
    """The matrix M of a convolution: conv(x).reshape(-1) = M @ x.reshape(-1) for one example x.

        y[p, q, o] = b[o] + sum_{i, j, c} x[p s + i d - lo, q s + j d - lo, c] K[i, j, c, o]

    Cross-correlation, as networks mean it: the kernel is not flipped. Every entry of M is one of K, in the dtype of K.

    Args:
        kernel: K, (k..., C / groups, O) with channels last and (O, C / groups, k...) with channels first; 1, 2 or 3
            spatial axes. In a jitted or differentiated function it may be traced, for JAX's formats.
        input_shape: of one example, without the batch: (..., C) or (C, ...).
        strides: s, a positive integer or one per axis.
        padding: "SAME", "VALID", "CIRCULAR" (every window wraps around, as in Flax), or (low, high) per axis; negative
            amounts crop.
        dilation: d, the distance between neighbouring taps, an integer or one per axis.
        input_dilation: the distance between neighbouring inputs, likewise: a transposed convolution has its strides
            here. A circular axis of n entries then has n times as many positions.
        groups: of the channels, dividing C and O; C groups are a depthwise convolution.
        layout: "NHWC" (default) or "NCHW"; "NWC", "NCW" and "NDHWC", "NCDHW" for 1 and 3 spatial axes.
        bias: b, (O,), or None. With a bias the result is an `Affine`: the matrix, and b for every output position.
        format: "csr", "bsr" (SciPy), "numpy" (dense), "operator" (a SciPy `LinearOperator`, nothing stored),
            "jax" (dense), "bcoo" (JAX), or "pair" (two JAX functions of arrays, the convolution and its adjoint). JAX
            has float64 only with its 64-bit types on, and turns it into float32 otherwise.
        out: with "numpy", an array to write into.

    Returns:
        M, (outputs, inputs), rows and columns row-major; explicit zeros of K are stored entries.

    Raises:
        ValueError: shapes or options do not fit together, or M is larger than the free memory.
        TypeError: the kernel is not of numbers, or not of numbers that the format can hold.
    """
    kernel = _numbers("kernel", kernel, format)
    geometry = convolution(
        kernel.shape,
        input_shape,
        strides=strides,
        padding=padding,
        dilation=dilation,
        input_dilation=input_dilation,
        groups=groups,
        layout=layout,
    )
    bias = None if bias is None else _bias(bias, kernel, geometry)
    matrix = make(*folded(kernel, geometry), format=format, out=out)
    return matrix if bias is None else Affine(matrix, _offset(bias, geometry))


def make(kernel: Any, geometry: Geometry, *, format: str, out: np.ndarray | None = None) -> Any:
    """The matrix of a kernel whose taps meet different inputs, in one of `FORMATS`."""
    if out is not None:
        if format != "numpy":
            raise ValueError(f"`out` goes with format 'numpy' only; got {format!r}.")
        return dense(kernel, geometry, out)
    if not isinstance(kernel, jax.core.Tracer):
        return FORMATS[format](kernel, geometry)
    jax_arrays.indexable(geometry)
    return TRACED[format](kernel, geometry)


def known_format(format: Any) -> None:
    """Raise `ValueError` unless there is such a format."""
    if not isinstance(format, str) or format not in FORMATS:
        raise ValueError(f"`format` must be one of {', '.join(map(repr, FORMATS))}; got {format!r}.")


def scipy_holds(dtype: np.dtype, format: str, advice: str) -> None:
    """Raise `TypeError` where a format is SciPy's, and SciPy has no matrices of these numbers."""
    if format in _SCIPY and (dtype.kind not in "iufc" or dtype == np.float16):
        raise TypeError(f"SciPy has no matrices of {dtype}: {advice}.")


def _numbers(name: str, array: Any, format: str) -> Any:
    """The array as NumPy's, or as it is where it is traced.

    Raises:
        ValueError: there is no such format, or the array is traced and the format not JAX's.
        TypeError: it does not hold numbers, or none that SciPy knows.
    """
    known_format(format)
    if isinstance(array, jax.core.Tracer):
        if format not in TRACED:
            known = ", ".join(map(repr, TRACED))
            raise ValueError(f"`{name}` is traced by JAX: there `format` must be one of {known}; got {format!r}.")
        return array
    found = np.asarray(array)
    if not jnp.issubdtype(found.dtype, jnp.number):
        raise TypeError(f"`{name}` must be an array of numbers; got {found.dtype}.")
    scipy_holds(found.dtype, format, f"cast `{name}` to float32, which holds the same numbers")
    return found


def _bias(bias: Any, kernel: Any, geometry: Geometry) -> Any:
    """The bias as an array of the kernel's library, or of JAX where it is traced.

    Raises:
        ValueError: it has another shape than (O,).
        TypeError: it is not of numbers.
    """
    arrays = jnp if isinstance(bias, jax.core.Tracer) else kernel.__array_namespace__()
    bias = arrays.asarray(bias)
    if not jnp.issubdtype(bias.dtype, jnp.number):
        raise TypeError(f"`bias` must be an array of numbers; got {bias.dtype}.")
    if bias.shape != (geometry.features,):
        raise ValueError(f"`bias` must have shape ({geometry.features},) to match `kernel`; got {tuple(bias.shape)}.")
    return bias


def _offset(bias: Any, geometry: Geometry) -> Any:
    """The bias at every output position, flat."""
    ones = (1,) * len(geometry.axes)
    spread = bias.reshape((*ones, -1) if geometry.last else (-1, *ones))
    return bias.__array_namespace__().broadcast_to(spread, geometry.output_shape).reshape(-1)
