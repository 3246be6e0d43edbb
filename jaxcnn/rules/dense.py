"""The derivatives of the fully connected layer and of flattening, by hand."""

import math

import jax.numpy as jnp

from jaxcnn._types import Array, Residuals
from jaxcnn.ops.dense import dense, flatten


def dense_fwd(inputs: Array, kernel: Array, bias: Array) -> tuple[Array, Residuals]:
    """Return the outputs and the residuals (x, W)."""
    return dense(inputs, kernel, bias), (inputs, kernel)


# y[n, o] = sum_i x[n, i] W[i, o] + b[o], with all leading axes together as n, is linear in each argument:
#   d_inputs[n, i] = sum_o g[n, o] W[i, o]      = (g Wᵀ)[n, i]
#   d_kernel[i, o] = sum_n x[n, i] g[n, o]      = (xᵀ g)[i, o]
#   d_bias[o]      = sum_n g[n, o]
def dense_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array, Array, Array]:
    """Return (d_inputs, d_kernel, d_bias) for g = `cotangent`, (..., O)."""
    inputs, kernel = residuals
    batch = math.prod(inputs.shape[:-1])
    x, g = inputs.reshape(batch, kernel.shape[0]), cotangent.reshape(batch, kernel.shape[1])
    d_inputs = (g @ kernel.T).reshape(inputs.shape)
    d_kernel = x.T @ g
    d_bias = jnp.sum(g, axis=0)
    return d_inputs, d_kernel, d_bias


def flatten_fwd(inputs: Array) -> tuple[Array, Residuals]:
    """Return the rows and the residual x, of which only the shape matters."""
    return flatten(inputs), inputs


# y[n, (h W + w) C + c] = x[n, h, w, c] only renames the entries, so d_inputs is g with the names of x.
def flatten_bwd(residuals: Residuals, cotangent: Array) -> tuple[Array]:
    """Return (d_inputs,) for g = `cotangent`, (N, entries)."""
    return (cotangent.reshape(residuals.shape),)
