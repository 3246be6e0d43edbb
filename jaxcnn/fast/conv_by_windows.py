"""A block by pooling windows: convolution, pooling and relu from one matrix product, without the unpooled image.

Everything is batch-minor, (C, H, W, N). One axis is written, the other is alike. Output p of pooling by P looks at the
convolution's outputs p P + a for a = 0 .. P-1, and these read the inputs p P + a + i - lo for i = 0 .. k-1: together a
window of w = k + P - 1 entries, every P entries. In a patch matrix X of these windows the kernel stands at each of its
P positions ("phases") in a weight of its own,

    W[(r, c), (a, o)] = K[r - a, c, o],  zero unless 0 <= r - a < k
    Z = Wᵀ X                                                z[(a, o), (p, n)]
    y[o, (p, n)] = relu(max over a of Z[(a, o), (p, n)] + b[o])

The taps of a pooling window are then whole blocks of rows of Z, which costs nothing to take apart, and X is smaller by
(w / P)² / k² than the patches of the convolution. The product is larger by w² / k², so this is for layers with few
channels, which are bound by memory and not by arithmetic. Backwards, with dZ the cotangent G of y at the winner and 0
elsewhere,

    dW = X dZᵀ          dX = W dZ          d_bias[o] = sum of G[o, .] where relu has not cut off

d_inputs is the adjoint of taking windows, applied to dX, and d_kernel that of building W, applied to dW:

    d_kernel[i, c, o] = sum_a dW[(a + i, c), (a, o)].
"""

from typing import Any

import jax.numpy as jnp

from jaxcnn import _taps
from jaxcnn._types import Array, Residuals, Shape
from jaxcnn.fast._materialise import materialised, turned
from jaxcnn.fast._rows import added_up, gathered, patch_rows
from jaxcnn.fast._winner import to_alive, to_winner, winner
from jaxcnn.fast.block import BlockWindows, batch_minor_windows, pool_taps


def conv_by_windows_fwd(
    inputs: Array, kernel: Array, bias: Array, *, relu: bool, **geometry: Any
) -> tuple[Array, Residuals]:
    """Return y, (O, P, Q, N), for x, (C, H, W, N), and the residuals (x, K, X, winner); of x only the shape matters."""
    windows, outs = batch_minor_windows(inputs.shape, kernel.shape, **geometry), kernel.shape[3]
    patches = gathered(inputs, patch_rows(inputs.shape[0], windows.read))
    phases = len(pool_taps(windows))
    z = _at_phases(kernel, windows).T @ patches

    def pooled(z: Array, bias: Array) -> tuple[Array, Array]:
        return winner((z[t * outs : (t + 1) * outs] + bias[:, None] for t in range(phases)), relu=relu)

    outputs, index = materialised(pooled, z, bias)
    return outputs.reshape(outs, *windows.pool.outputs, -1), (inputs, kernel, patches, index)


def conv_by_windows_bwd(
    residuals: Residuals, cotangent: Array, *, relu: bool, **geometry: Any
) -> tuple[Array, Array, Array]:
    """Return (d_inputs, d_kernel, d_bias) for the cotangent G of y, (O, P, Q, N)."""
    del relu  # the index knows
    inputs, kernel, patches, index = residuals
    windows = batch_minor_windows(inputs.shape, kernel.shape, **geometry)
    g = cotangent.reshape(index.shape)
    phases = range(len(pool_taps(windows)))
    d_z = materialised(lambda i, g: jnp.concatenate([to_winner(i, g, t) for t in phases]), index, g)
    # One of the two operands is transposed on the way into the product: the smaller one.
    d_weight = patches @ d_z.T if len(d_z) <= len(patches) else turned(d_z @ patches.T)
    d_kernel = _from_phases(d_weight, kernel.shape, windows)
    d_patches = _at_phases(kernel, windows) @ d_z
    d_inputs = added_up(d_patches, patch_rows(inputs.shape[0], windows.read), inputs.shape)
    return d_inputs, d_kernel, jnp.sum(to_alive(index, g), axis=1)


def _at_phases(kernel: Array, windows: BlockWindows) -> Array:
    """Return W, (w w C, P P O)."""
    (height, width), (p, q) = kernel.shape[:2], windows.pool.window
    placed = [
        jnp.pad(kernel, ((a, p - 1 - a), (b, q - 1 - b), (0, 0), (0, 0)))[..., None, :] for a, b in pool_taps(windows)
    ]
    return jnp.concatenate(placed, axis=3).reshape((height + p - 1) * (width + q - 1) * kernel.shape[2], -1)


def _from_phases(d_weight: Array, kernel_shape: Shape, windows: BlockWindows) -> Array:
    """Return d_kernel, (kh, kw, C, O): the adjoint of `_at_phases`."""
    (height, width, channels, outs), (p, q) = kernel_shape, windows.pool.window
    by_phase = d_weight.reshape(height + p - 1, width + q - 1, channels, -1, outs)
    return _taps.total(by_phase[a : a + height, b : b + width, :, t] for t, (a, b) in enumerate(pool_taps(windows)))
