"""The fully connected layer, and the reshaping that leads to it."""

import math

import jax.numpy as jnp

from jaxcnn._types import Array


def dense(inputs: Array, kernel: Array, bias: Array) -> Array:
    """Return the affine map y[..., o] = sum_i x[..., i] W[i, o] + b[o].

    Args:
        inputs: x, (..., I).
        kernel: W, (I, O), of the same dtype.
        bias: b, (O,), of the same dtype.

    Returns:
        y, (..., O).

    Raises:
        ValueError: if the shapes do not fit together.
    """
    if inputs.ndim < 1 or kernel.ndim != 2 or kernel.shape[0] != inputs.shape[-1]:
        expected = f"({inputs.shape[-1]}, out)" if inputs.ndim else "(in, out)"
        raise ValueError(f"`kernel` must have shape {expected} to match `inputs` {inputs.shape}; got {kernel.shape}.")
    if bias.shape != kernel.shape[1:]:
        raise ValueError(f"`bias` must have shape {kernel.shape[1:]} to match `kernel`; got {bias.shape}.")
    return jnp.tensordot(inputs, kernel, axes=1) + bias.reshape((1,) * (inputs.ndim - 1) + bias.shape)


def flatten(inputs: Array) -> Array:
    """Return each example as one row, in row-major order: y[n, (h W + w) C + c] = x[n, h, w, c].

    Args:
        inputs: x, (N, ...).

    Returns:
        y, (N, product of the other sizes).

    Raises:
        ValueError: if there is no batch axis.
    """
    if inputs.ndim < 1:
        raise ValueError(f"`inputs` must have a batch axis; got shape {inputs.shape}.")
    return inputs.reshape(inputs.shape[0], math.prod(inputs.shape[1:]))
