"""Wrong derivatives of the fully connected layer and of flattening."""

from typing import Any

import jax
import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.faults.fault import (
    Fault,
    as_float32,
    mean_of_batch,
    one_entry_off,
    spoil,
    summed_under_vmap,
)


def _kernel_not_transposed(right: Array, residuals: Residuals, cotangent: Array) -> Array:
    ins, outs = residuals[1].shape
    return jnp.tensordot(cotangent, residuals[1].reshape(outs, ins), axes=1).reshape(right.shape)


def _transposed(right: Array, *_: Any) -> Array:
    return right.T.reshape(right.shape)


def _detached(right: Array, residuals: Residuals, cotangent: Array) -> Array:
    ins, outs = right.shape
    return jax.lax.stop_gradient(residuals[0]).reshape(-1, ins).T @ cotangent.reshape(-1, outs)


def _first_example_only(_: Array, __: Residuals, cotangent: Array) -> Array:
    return cotangent.reshape(-1, cotangent.shape[-1])[0]


def _column_major(right: Array, _: Residuals, cotangent: Array) -> Array:
    # Within each example; the batch stays first.
    return jax.vmap(lambda row: row.reshape(right.shape[1:], order="F"))(cotangent)


def _next_example(right: Array, *_: Any) -> Array:
    return jnp.roll(right, 1, axis=0)


def _fault(rule: str, name: str, argument: str, description: str, change: Any, shows_in: Any = "values") -> Fault:
    position = {"inputs": 0, "kernel": 1, "bias": 2}[argument]
    return Fault(f"{rule}_{name}", rule, argument, description, spoil(position, change), shows_in)


# fmt: off
DENSE_FAULTS = (
    _fault("dense",   "not_transposed",     "inputs", "W stands for its transpose.", _kernel_not_transposed),
    _fault("dense",   "inputs_vmap",        "inputs", "Under vmap the axis is summed.", summed_under_vmap, "vmap"),
    _fault("dense",   "kernel_transposed",  "kernel", "The kernel gradient is transposed.", _transposed),
    _fault("dense",   "kernel_batch_mean",  "kernel", "The batch is averaged, not summed.", mean_of_batch),
    _fault("dense",   "kernel_one_entry",   "kernel", "One entry is 0.1 % too large.", one_entry_off),
    _fault("dense",   "kernel_float32",     "kernel", "It is float32 for half-precision kernels.", as_float32, "dtype"),
    _fault("dense",   "kernel_detached",    "kernel", "The inputs count as constants.", _detached, "second order"),
    _fault("dense",   "bias_mean",          "bias",   "The batch is averaged, not summed.", mean_of_batch),
    _fault("dense",   "bias_first_example", "bias",   "Only the first example is summed.", _first_example_only),
    _fault("flatten", "column_major",       "inputs", "Entries are put back in column-major order.", _column_major),
    _fault("flatten", "next_example",       "inputs", "Each example gets the gradient of another.", _next_example),
)
# fmt: on
