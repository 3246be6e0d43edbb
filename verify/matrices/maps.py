"""A convolution as a pair of JAX functions: itself and its adjoint, which is a convolution again.

Zero padding, one axis. From y[i] = sum_a z[i s + a d - lo] K[a], where z is x with e - 1 zeros between its entries:

    x[j] = sum of y[i] K[a] over all i, a with i s + a d - lo = e j
         = sum_a w[j e + a d - ((k - 1) d - lo)] K[k - 1 - a],   where w is y with s - 1 zeros between its entries.

So strides and input dilation change places, the kernel is flipped, its channels are exchanged, and it is conjugated if
it is complex. Circular padding is a copy of entries before a convolution without padding; its adjoint adds them up
after that one's.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.matrices.axis import Axis
from verify.matrices.geometry import Geometry
from verify.matrices.options import FIRST, LAST

_KERNELS = {True: ("WIO", "HWIO", "DHWIO"), False: ("OIW", "OIHW", "OIDHW")}


class LinearMap(NamedTuple):
    """A linear function of arrays, and its adjoint; further axes in front are a batch.

    Attributes:
        apply: (..., *inputs) -> (..., *outputs).
        adjoint: (..., *outputs) -> (..., *inputs).
    """

    apply: Callable[[Any], Any]
    adjoint: Callable[[Any], Any]


def linear_map(kernel: Any, geometry: Geometry) -> LinearMap:
    """The convolution and its adjoint."""
    kernel = jnp.asarray(kernel)
    plain = _without_wrapping(geometry)

    def apply(inputs: Any) -> Any:
        return _convolve(_wrapped(inputs, geometry), kernel, plain)

    def adjoint(outputs: Any) -> Any:
        return _unwrapped(_convolve(outputs, jnp.conj(_exchanged(kernel, plain)), _reversed(plain)), geometry)

    return LinearMap(jax.jit(_batched(apply, geometry.input_shape)), jax.jit(_batched(adjoint, geometry.output_shape)))


def _convolve(inputs: Any, kernel: Any, geometry: Geometry) -> Any:
    names, rank = (LAST if geometry.last else FIRST), len(geometry.axes)
    return lax.conv_general_dilated(
        inputs,
        kernel,
        window_strides=[axis.stride for axis in geometry.axes],
        padding=[(axis.low, _high(axis)) for axis in geometry.axes],
        lhs_dilation=[axis.input_dilation for axis in geometry.axes],
        rhs_dilation=[axis.dilation for axis in geometry.axes],
        dimension_numbers=(names[rank - 1], _KERNELS[geometry.last][rank - 1], names[rank - 1]),
        feature_group_count=geometry.groups,
        precision=lax.Precision.HIGHEST,
    )


def _high(axis: Axis) -> int:
    """The padding at the end that gives exactly the axis's outputs."""
    reach = (axis.outputs - 1) * axis.stride + (axis.window - 1) * axis.dilation + 1
    return reach - axis.low - ((axis.size - 1) * axis.input_dilation + 1)


def _reversed(geometry: Geometry) -> Geometry:
    """The adjoint's geometry."""
    axes = tuple(
        dataclasses.replace(
            axis,
            size=axis.outputs,
            outputs=axis.size,
            stride=axis.input_dilation,
            input_dilation=axis.stride,
            low=(axis.window - 1) * axis.dilation - axis.low,
        )
        for axis in geometry.axes
    )
    return dataclasses.replace(geometry, axes=axes, channels=geometry.features, features=geometry.channels)


def _exchanged(kernel: Any, geometry: Geometry) -> Any:
    """The adjoint's kernel: flipped along every spatial axis, and the channels of each group exchanged."""
    rows, columns = geometry.block
    if geometry.last:
        taps = kernel.shape[:-2]
        split = jnp.flip(kernel, tuple(range(len(taps)))).reshape(*taps, columns, geometry.groups, rows)
        return jnp.swapaxes(split, -1, -3).reshape(*taps, rows, geometry.channels)
    taps = kernel.shape[2:]
    split = jnp.flip(kernel, tuple(range(2, kernel.ndim))).reshape(geometry.groups, rows, columns, *taps)
    return jnp.swapaxes(split, 1, 2).reshape(geometry.channels, rows, *taps)


def _without_wrapping(geometry: Geometry) -> Geometry:
    """A circular convolution once its inputs have been wrapped: no padding and no input dilation."""
    axes = tuple(
        dataclasses.replace(axis, size=_wrapped_size(axis), low=0, input_dilation=1, circular=False)
        if axis.circular
        else axis
        for axis in geometry.axes
    )
    return dataclasses.replace(geometry, axes=axes)


def _wrapped_size(axis: Axis) -> int:
    return (axis.outputs - 1) * axis.stride + (axis.window - 1) * axis.dilation + 1


def _wrapped(inputs: Any, geometry: Geometry) -> Any:
    """Inputs [batch, ...] with zeros between them and copies around them, along circular axes."""
    for at, axis in enumerate(geometry.axes, 1 if geometry.last else 2):
        if axis.circular:
            zeros = axis.input_dilation - 1
            dilated = _padded(inputs, at, (0, zeros, zeros))
            positions = (np.arange(_wrapped_size(axis)) - axis.low) % axis.period
            inputs = jnp.take(dilated, positions, axis=at, mode="clip")
    return inputs


def _unwrapped(inputs: Any, geometry: Geometry) -> Any:
    """The adjoint of `_wrapped`: copies are added up, and what was a zero is dropped."""
    for at, axis in enumerate(geometry.axes, 1 if geometry.last else 2):
        if axis.circular:
            whole = _padded(inputs, at, (0, -inputs.shape[at] % axis.period, 0))
            rounds = whole.reshape(*whole.shape[:at], -1, axis.period, *whole.shape[at + 1 :]).sum(at)
            inputs = lax.slice_in_dim(jnp.roll(rounds, -axis.low, at), 0, axis.period, axis.input_dilation, axis=at)
    return inputs


def _padded(array: Any, axis: int, amounts: tuple[int, int, int]) -> Any:
    """Zeros along one axis: (before, after, between neighbours)."""
    none = (0, 0, 0)
    return lax.pad(array, jnp.zeros((), array.dtype), [amounts if i == axis else none for i in range(array.ndim)])


def _batched(fun: Callable[[Any], Any], shape: tuple[int, ...]) -> Callable[[Any], Any]:
    """`fun` of one batch axis, with any number of them."""

    def of_any_batch(array: Any) -> Any:
        batch = array.shape[: array.ndim - len(shape)]
        if tuple(array.shape[len(batch) :]) != shape:
            raise ValueError(f"The array must have shape (..., {', '.join(map(str, shape))}); got {array.shape}.")
        results = fun(array.reshape(math.prod(batch), *shape))
        return results.reshape(*batch, *results.shape[1:])

    return of_any_batch
