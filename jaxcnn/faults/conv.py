"""Wrong derivatives of convolution."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn._windows import Windows
from jaxcnn.faults.fault import (
    Fault,
    as_float32,
    mean_of_batch,
    negated,
    one_entry_off,
    spoil,
    summed_under_vmap,
)
from jaxcnn.ops.conv import conv_windows
from jaxcnn.rules.conv import input_cotangent, kernel_cotangent

_INPUTS, _KERNEL, _BIAS = 0, 1, 2


def _geometry(residuals: Residuals, options: dict[str, Any]) -> Windows:
    inputs, kernel = residuals
    return conv_windows(inputs.shape, kernel.shape, kernel.shape[3:], **options)


def _one_further(geometry: Windows) -> Windows:
    (top, bottom), (left, right) = geometry.padding
    return replace(geometry, padding=((top + 1, bottom - 1), (left + 1, right - 1)))


def _kernel_not_flipped(_: Array, residuals: Residuals, cotangent: Array, *, groups: int = 1, **options: Any) -> Array:
    geometry = _geometry(residuals, {"groups": groups, **options})
    return input_cotangent(residuals[1][::-1, ::-1], cotangent, geometry, groups)


def _inputs_with(change: Any) -> Any:
    def wrong(_: Array, residuals: Residuals, cotangent: Array, *, groups: int = 1, **options: Any) -> Array:
        geometry = change(_geometry(residuals, {"groups": groups, **options}))
        return input_cotangent(residuals[1], cotangent, geometry, groups)

    return wrong


def _kernel_with(change: Any) -> Any:
    def wrong(_: Array, residuals: Residuals, cotangent: Array, *, groups: int = 1, **options: Any) -> Array:
        geometry = change(_geometry(residuals, {"groups": groups, **options}))
        return kernel_cotangent(residuals[0], cotangent, geometry, groups)

    return wrong


def _stride_ignored(geometry: Windows) -> Windows:
    return replace(geometry, strides=(1, 1))


def _dilation_ignored(geometry: Windows) -> Windows:
    return replace(geometry, dilation=(1, 1))


def _groups_rotated(right: Array, *_: Any, groups: int = 1, **__: Any) -> Array:
    return jnp.roll(right, right.shape[-1] // groups, axis=-1)


def _transposed(right: Array, *_: Any, **__: Any) -> Array:
    return right.swapaxes(0, 1).reshape(right.shape)


def _first_example_only(_: Array, __: Residuals, cotangent: Array, **___: Any) -> Array:
    return jnp.sum(cotangent[:1], axis=(0, 1, 2))


def _mean_of_all(right: Array, _: Residuals, cotangent: Array, **__: Any) -> Array:
    return right / (cotangent.size // cotangent.shape[-1])


def _height_for_width(right: Array, *_: Any, **__: Any) -> Array:
    batch, height, width, channels = right.shape
    return right if height == width else right.reshape(batch, width, height, channels).swapaxes(1, 2)


def _detached(_: Array, residuals: Residuals, cotangent: Array, *, groups: int = 1, **options: Any) -> Array:
    geometry = _geometry(residuals, {"groups": groups, **options})
    return kernel_cotangent(jax.lax.stop_gradient(residuals[0]), cotangent, geometry, groups)


def _fault(name: str, argument: str, description: str, change: Any, shows_in: Any = "values") -> Fault:
    position = {"inputs": _INPUTS, "kernel": _KERNEL, "bias": _BIAS}[argument]
    return Fault(f"conv_{name}", "conv", argument, description, spoil(position, change), shows_in)


# fmt: off
CONV_FAULTS = (
    _fault("sign",                  "inputs", "The sign of the input gradient is flipped.", negated),
    _fault("kernel_not_flipped",    "inputs", "The kernel is not turned by 180 degrees.", _kernel_not_flipped),
    _fault("inputs_padding",        "inputs", "The padding is off by one.", _inputs_with(_one_further)),
    _fault("inputs_stride",         "inputs", "The stride is ignored.", _inputs_with(_stride_ignored)),
    _fault("inputs_dilation",       "inputs", "The dilation is ignored.", _inputs_with(_dilation_ignored)),
    _fault("inputs_groups",         "inputs", "Each group gets the gradient of its neighbour.", _groups_rotated),
    _fault("inputs_not_square",     "inputs", "Height and width are mixed up if they differ.", _height_for_width),
    _fault("inputs_vmap",           "inputs", "Under vmap the mapped axis is summed.", summed_under_vmap, "vmap"),
    _fault("kernel_padding",        "kernel", "The padding is off by one.", _kernel_with(_one_further)),
    _fault("kernel_stride",         "kernel", "The stride is ignored.", _kernel_with(_stride_ignored)),
    _fault("kernel_dilation",       "kernel", "The dilation is ignored.", _kernel_with(_dilation_ignored)),
    _fault("kernel_groups",         "kernel", "Each group gets the gradient of its neighbour.", _groups_rotated),
    _fault("kernel_transposed",     "kernel", "The kernel gradient has rows for columns.", _transposed),
    _fault("kernel_batch_mean",     "kernel", "The batch is averaged, not summed.", mean_of_batch),
    _fault("kernel_one_entry",      "kernel", "One entry is 0.1 % too large.", one_entry_off),
    _fault("kernel_float32",        "kernel", "It is float32 for half-precision kernels.", as_float32, "dtype"),
    _fault("kernel_detached",       "kernel", "The inputs count as constants in it.", _detached, "second order"),
    _fault("bias_mean",             "bias",   "The positions are averaged, not summed.", _mean_of_all),
    _fault("bias_first_example",    "bias",   "Only the first example is summed.", _first_example_only),
)
# fmt: on
