"""Convolutions of one and two dimensions with hand-written gradients."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ._pair import Fun, Pair, normal, require, save, vjp

Array = jax.Array
Two = tuple[Array, Array]


def names(x: Array) -> tuple[str, str, str]:
    """Dimension numbers, channels last."""
    return ("NWC", "WIO", "NWC") if x.ndim == 3 else ("NHWC", "HWIO", "NHWC")


def same(k: int, dilation: int) -> tuple[int, int]:
    """SAME padding for stride one; the longer side is on the right."""
    total = dilation * (k - 1)
    return total // 2, total - total // 2


def conv(stride: int = 1, dilation: int = 1, pad: bool = False) -> Fun:
    """A convolution with these options, with SAME padding when `pad`."""

    def conv_fixed(x: Array, w: Array) -> Array:
        n = x.ndim - 2
        pads = [same(k, dilation) if pad else (0, 0) for k in w.shape[:n]]
        return lax.conv_general_dilated(
            x, w, (stride,) * n, pads, rhs_dilation=(dilation,) * n, dimension_numbers=names(x)
        )

    return conv_fixed


def conv_back(
    stride: int = 1,
    dilation: int = 1,
    pad: bool = False,
    *,
    flip: bool = True,
    tail_first: bool = False,
    dw_stride: int | None = None,
    dw_dilation: int | None = None,
    lo: Any = None,
) -> Any:
    """Gradients of `conv`; the keywords are the slips."""

    def backward(res: Two, g: Array) -> Two:
        x, w = res
        n = x.ndim - 2
        axes = tuple(range(n))
        pads, back = [], []
        for i in axes:
            k, size, m = w.shape[i], x.shape[i + 1], g.shape[i + 1]
            low, high = same(k, dilation) if pad else (0, 0)
            pads.append((low, high))
            reach = dilation * (k - 1)
            tail = size + low + high - (stride * (m - 1) + 1 + reach)
            if lo is not None:
                low, high = lo(low, high)
            a, b = (tail, 0) if tail_first else (0, tail)
            back.append((reach - low + a, reach - high + b))
        kernel = jnp.swapaxes(jnp.flip(w, axes) if flip else w, -1, -2)
        dx = lax.conv_general_dilated(
            g, kernel, (1,) * n, back, lhs_dilation=(stride,) * n, rhs_dilation=(dilation,) * n,
            dimension_numbers=names(x),
        )
        dw = lax.conv_general_dilated(
            jnp.swapaxes(x, 0, -1), jnp.moveaxis(g, 0, -2), (dw_dilation or dilation,) * n, pads,
            rhs_dilation=(dw_stride or stride,) * n, dimension_numbers=names(x),
        )
        dw = jnp.moveaxis(dw, 0, -2)
        return dx, dw[tuple(slice(k) for k in w.shape[:n])]

    return backward


def conv_pair(name: str, bug: str, hidden: bool, why: str, diagnosis: str | None, example: Any, options: dict[str, Any],
              **slip: Any) -> Pair:
    """A pair for one set of options."""
    primal = conv(**options)
    family = "conv2d" if len(example("float32")[0].shape) == 4 else "conv1d"
    return Pair(name, family, bug, vjp(primal, save(primal), conv_back(**options)),
                vjp(primal, save(primal), conv_back(**options, **slip)), example, hidden, why, diagnosis, primal)


def depthwise(x: Array, w: Array) -> Array:
    """Each channel with its own kernel, no padding; x is (batch, position, channel), w (tap, channel)."""
    require(x.ndim == 3 and w.shape == (w.shape[0], x.shape[2]) and w.shape[0] <= x.shape[1])
    m = x.shape[1] - w.shape[0] + 1
    y = x[:, :m] * w[0][None, None]
    for j in range(1, w.shape[0]):
        y = y + x[:, j : j + m] * w[j][None, None]
    return y


def depthwise_back(shared: bool) -> Any:
    """`shared` sums the kernels' gradient over the channels, as for one kernel."""

    def backward(res: Two, g: Array) -> Two:
        x, w = res
        k, m = w.shape[0], g.shape[1]
        dx = jnp.zeros_like(x)
        for j in range(k):
            dx = dx.at[:, j : j + m].add(g * w[j][None, None])
        dw = jnp.stack([jnp.sum(x[:, j : j + m] * g, axis=(0, 1)) for j in range(k)])
        return dx, jnp.broadcast_to(jnp.sum(dw, axis=1, keepdims=True), dw.shape) if shared else dw

    return backward


def causal(x: Array, w: Array) -> Array:
    """y[t] = sum over k of w[k] * x[t - k]."""
    require(x.ndim == w.ndim == 1)
    p = jnp.pad(x, (w.shape[0] - 1, 0))
    windows = jnp.stack([p[w.shape[0] - 1 - k : w.shape[0] - 1 - k + x.shape[0]] for k in range(w.shape[0])])
    return w @ windows


def causal_back(ahead: bool) -> Any:
    """The signal's gradient looks ahead; not so in the slip."""

    def backward(res: Two, g: Array) -> Two:
        x, w = res
        dx = causal(g[::-1], w)[::-1] if ahead else causal(g, w)
        eye = jnp.eye(w.shape[0], dtype=w.dtype)
        return dx, jnp.stack([jnp.sum(g * causal(x, e)) for e in eye])

    return backward


def transpose_conv(x: Array, w: Array) -> Array:
    """Transposed convolution with stride 2: input spread out, then a full correlation."""
    k = w.shape[0]
    return lax.conv_general_dilated(x, w, (1,), [(k - 1, k - 1)], lhs_dilation=(2,), dimension_numbers=names(x))


def transpose_back(flip_dw: bool, shift: int = 0) -> Any:
    """Gradients tap by tap; the slips forget to flip the kernel, or start one place late."""

    def backward(res: Two, g: Array) -> Two:
        x, w = res
        k, m = w.shape[0], x.shape[1]
        padded = jnp.pad(g, ((0, 0), (0, 1), (0, 0)))
        taps = [padded[:, j : j + 2 * m - 1 : 2] for j in range(k)]
        late = [padded[:, j + shift : j + shift + 2 * m - 1 : 2] for j in range(k)]
        dx = jnp.zeros_like(x)
        for j in range(k):
            dx = dx + late[k - 1 - j] @ w[j].T
        dw = [jnp.einsum("nmi,nmo->io", x, taps[k - 1 - j if flip_dw else j]) for j in range(k)]
        return dx, jnp.stack(dw)

    return backward


W1 = normal((2, 9, 3), (3, 3, 4), seed=61)
PAIRS = (
    conv_pair("conv2d_flip", "kernel-not-flipped", False, "the input's gradient uses the kernel as it is",
              "kernel-not-flipped", normal((2, 6, 5, 3), (3, 3, 3, 4), seed=62), {"pad": True}, flip=False),
    conv_pair("conv1d_same_even", "odd-sizes-only", True,
              "SAME padding is taken to be alike on both sides: right for odd kernels only", "padding-off-by-one", W1,
              {"pad": True}, lo=lambda a, b: (b, a)),
    conv_pair("conv1d_same_side", "padding-off-by-one", False,
              "the longer side of asymmetric SAME padding is taken to be the left", "padding-off-by-one",
              normal((2, 9, 3), (4, 3, 2), seed=63), {"pad": True}, lo=lambda a, b: (b, a)),
    conv_pair("conv1d_stride_dw", "stride-ignored", False, "the kernel's gradient ignores the stride",
              "stride-ignored", W1, {"stride": 2}, dw_stride=1),
    conv_pair("conv1d_stride_tail", "divisible-only", True,
              "inputs that the stride does not exhaust are padded at the front", "shifted", W1, {"stride": 2},
              tail_first=True),
    conv_pair("conv2d_dilation_dw", "dilation-ignored", False, "the kernel's gradient ignores the dilation",
              "dilation-ignored", normal((2, 8, 9, 2), (3, 3, 2, 3), seed=64), {"dilation": 2}, dw_dilation=1),
    Pair("depthwise_shared", "conv-grouped", "extra-sum", vjp(depthwise, save(depthwise), depthwise_back(False)),
         vjp(depthwise, save(depthwise), depthwise_back(True)), normal((2, 8, 3), (3, 3), seed=65), False,
         "the kernels' gradient is summed over the channels", "sum-over-axis", depthwise),
    Pair("causal_direction", "conv1d", "kernel-not-flipped", vjp(causal, save(causal), causal_back(True)),
         vjp(causal, save(causal), causal_back(False)), normal((10,), (3,), seed=66), False,
         "the gradient is filtered forward in time, not backward", "kernel-not-flipped", causal),
    Pair("conv_transpose_flip", "conv-transpose", "kernel-not-flipped",
         vjp(transpose_conv, save(transpose_conv), transpose_back(True)),
         vjp(transpose_conv, save(transpose_conv), transpose_back(False)), normal((2, 5, 3), (3, 3, 2), seed=67), False,
         "the kernel's gradient is in reverse order", "kernel-not-flipped", transpose_conv),
    Pair("conv_transpose_late", "conv-transpose", "off-by-one",
         vjp(transpose_conv, save(transpose_conv), transpose_back(True)),
         vjp(transpose_conv, save(transpose_conv), transpose_back(True, 1)), normal((2, 5, 3), (3, 3, 2), seed=68),
         False, "the strided cotangent is read one place late", "shifted", transpose_conv),
)
