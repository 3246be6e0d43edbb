"""The derivative of convolution, by hand.

One spatial axis is written; the other is alike. With n inputs, m outputs, k kernel entries, stride s, dilation d and
padding lo, output p reads input h = p s + i d - lo through kernel entry i:

    y[n, p, o] = b[o] + sum_{i, c} x[n, p s + i d - lo, c] K[i, c, o].

Differentiating L(y) with g = dL/dy gives one sum per argument:

    d_bias[o]         = sum_{n, p} g[n, p, o]
    d_kernel[i, c, o] = sum_{n, p} x[n, p s + i d - lo, c] g[n, p, o]
    d_inputs[n, h, c] = sum_{i, o: p s = h + lo - i d} g[n, p, o] K[i, c, o]

Both of the last two are convolutions again; their derivations stand above their code. Source: Dumoulin and Visin, A
guide to convolution arithmetic for deep learning, 2016, section 4.
"""

from typing import Any

import jax.numpy as jnp
from jax import lax

from jaxcnn._types import Array, Padding, Residuals
from jaxcnn._windows import Windows
from jaxcnn.ops.conv import conv, conv_windows


def conv_fwd(inputs: Array, kernel: Array, bias: Array, **options: Any) -> tuple[Array, Residuals]:
    """Return the convolution and the residuals (x, K)."""
    return conv(inputs, kernel, bias, **options), (inputs, kernel)


def conv_bwd(
    residuals: Residuals,
    cotangent: Array,
    *,
    strides: Any = 1,
    padding: Padding = "SAME",
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """Return (d_inputs, d_kernel, d_bias) for g = `cotangent`, (N, P, Q, O); the options are those of the primal."""
    inputs, kernel = residuals
    geometry = conv_windows(
        inputs.shape,
        kernel.shape,
        kernel.shape[3:],
        strides=strides,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    d_inputs = input_cotangent(kernel, cotangent, geometry, groups)
    d_kernel = kernel_cotangent(inputs, cotangent, geometry, groups)
    d_bias = jnp.sum(cotangent, axis=(0, 1, 2))
    return d_inputs, d_kernel, d_bias


# Substitute i' = k-1-i, the flipped kernel, and let G be g with s-1 zeros between neighbours, G[p s] = g[p]:
#   d_inputs[h] = sum_{i'} G[h + i' d - ((k-1) d - lo)] K[k-1-i']
# That is a convolution of G, of size (m-1) s + 1, with stride 1, dilation d and padding before = (k-1) d - lo. It must
# have n outputs, so padding after = n - 1 + lo - (m-1) s; where the windows left a remainder this adds zeros for it.
def input_cotangent(kernel: Array, cotangent: Array, geometry: Windows, groups: int = 1) -> Array:
    """Return d_inputs, (N, H, W, C)."""
    padding = [
        ((k - 1) * d - lo, n - 1 + lo - (m - 1) * s)
        for n, k, s, (lo, _), d, m in zip(
            geometry.sizes,
            geometry.window,
            geometry.strides,
            geometry.padding,
            geometry.dilation,
            geometry.outputs,
            strict=True,
        )
    ]
    return lax.conv_general_dilated(
        cotangent,
        _flipped_and_swapped(kernel, groups),
        window_strides=(1, 1),
        padding=padding,
        lhs_dilation=geometry.strides,
        rhs_dilation=geometry.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )


# Let p run over the entries of g and i over outputs: then x[p s + i d - lo] is the input of a convolution whose kernel
# is g with dilation s, whose stride is d, which sums over n as over channels and treats c as a batch. It must have k
# outputs, (k-1) d + (m-1) s + 1 = n + lo + after, so padding after = (k-1) d + (m-1) s + 1 - n - lo; where the windows
# left a remainder this is negative and crops the entries that no window read.
def kernel_cotangent(inputs: Array, cotangent: Array, geometry: Windows, groups: int = 1) -> Array:
    """Return d_kernel, (kh, kw, C / groups, O)."""
    padding = [
        (lo, (k - 1) * d + (m - 1) * s + 1 - n - lo)
        for n, k, s, (lo, _), d, m in zip(
            geometry.sizes,
            geometry.window,
            geometry.strides,
            geometry.padding,
            geometry.dilation,
            geometry.outputs,
            strict=True,
        )
    ]
    return lax.conv_general_dilated(
        inputs,
        cotangent,
        window_strides=geometry.dilation,
        padding=padding,
        rhs_dilation=geometry.strides,
        dimension_numbers=("CHWN", "IHWO", "HWNC"),
        batch_group_count=groups,
    )


def _flipped_and_swapped(kernel: Array, groups: int) -> Array:
    """Turn the kernel by 180 degrees and swap its channels within each group: (kh, kw, C/G, O) -> (kh, kw, O/G, C)."""
    height, width, ins, outs = kernel.shape
    by_group = kernel[::-1, ::-1].reshape(height, width, ins, groups, outs // groups)
    return by_group.transpose(0, 1, 4, 3, 2).reshape(height, width, outs // groups, groups * ins)
