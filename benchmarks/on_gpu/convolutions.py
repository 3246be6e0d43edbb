"""Which convolutions are exact on integers here: at every precision, forward and both gradients, beside int64 in NumPy.

All numbers are whole and so small that each product and each partial sum is held by a float32 exactly: an algorithm
that multiplies and adds gives them bit for bit, in any order; one that transforms (Winograd, FFT) or rounds its inputs
(tf32 to 11 significant bits, bf16 to 8) need not. "narrow" inputs fit into 8 bits, "wide" ones need 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import numpy as np

from benchmarks.on_gpu.options import Options, guarded
from benchmarks.record import Row
from jaxcnn.ops import conv
from jaxcnn.rules import conv_bwd

SECTION = "convolutions on integers"
# (inputs, kernel, padding) of the labs' convolutions; 8 examples, so that sums over all of them stay below 2^24
SHAPES = (
    ((8, 28, 28, 1), (5, 5, 1, 4), "SAME"),
    ((8, 14, 14, 4), (5, 5, 4, 4), "SAME"),
    ((8, 28, 28, 1), (3, 3, 1, 32), "SAME"),
    ((8, 14, 14, 32), (3, 3, 32, 64), "SAME"),
    ((8, 7, 7, 64), (3, 3, 64, 64), "VALID"),
    ((8, 32, 32, 3), (3, 3, 3, 9), "SAME"),
    ((8, 10, 10, 9), (3, 3, 9, 36), "SAME"),
)
WIDTHS = {"narrow": 7, "wide": 2047}  # the largest input: 3 and 11 bits; wide kernels and cotangents are -1, 0, 1
PRECISIONS = ("default", "high", "highest")


def rows(options: Options) -> Iterator[Row]:
    for precision in PRECISIONS:
        for width in WIDTHS:
            for dtype in ("float32", *(("bfloat16",) if (precision, width) == ("default", "narrow") else ())):
                what = f"{dtype}, precision {precision}, {width}"
                yield from guarded(SECTION, what, partial(_exact, what, options, precision, width, dtype))


def _exact(what: str, options: Options, precision: str, width: str, dtype: str) -> Row:
    wrong, entries, worst = [], 0, 0.0
    for shape, kernel_shape, padding in SHAPES[: 2 if options.smoke else None]:
        inputs, kernel, cotangent = _integers(shape, kernel_shape, padding, WIDTHS[width])
        with jax.default_matmul_precision(precision):
            found = _all_three(*(np.asarray(x, np.float32).astype(dtype) for x in (inputs, kernel, cotangent)), padding)
        for name, one, right in zip(
            ("y", "dx", "dK"), found, _by_taps(inputs, kernel, cotangent, padding), strict=True
        ):
            rounded = right.astype(np.float32).astype(dtype).astype(np.float64)  # an exact sum, stored in this dtype
            off = np.abs(np.asarray(one, np.float64) - rounded)
            entries += off.size
            worst = max(worst, float(off.max()))
            if off.any():
                wrong.append(f"{name} of {'x'.join(map(str, kernel_shape))} ({100 * (off > 0).mean():.0f} %)")
    told = "; ".join(wrong) or "all exact"
    return Row(
        SECTION, what, len(wrong), "inexact", n=3 * len(SHAPES), note=told, more={"entries": entries, "worst": worst}
    )


def _all_three(inputs: Any, kernel: Any, cotangent: Any, padding: str) -> tuple[Any, Any, Any]:
    """Return y, dx and dK of the hand rule, compiled now, for the precision that is set."""

    def compute(x: Any, k: Any, g: Any) -> tuple[Any, Any, Any]:
        bias = jax.numpy.zeros(k.shape[3], k.dtype)
        d_inputs, d_kernel, _ = conv_bwd((x, k), g, padding=padding)
        return conv(x, k, bias, padding=padding), d_inputs, d_kernel

    return jax.device_get(jax.jit(compute)(inputs, kernel, cotangent))


def _integers(shape: Any, kernel_shape: Any, padding: str, largest: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    small = 3 if largest < 10 else 1
    cut = 0 if padding == "SAME" else kernel_shape[0] - 1
    outputs = (shape[0], shape[1] - cut, shape[2] - cut, kernel_shape[3])
    inputs = random.integers(-largest, largest, shape, endpoint=True)
    return (
        inputs,
        random.integers(-small, small, kernel_shape, endpoint=True),
        random.integers(-small, small, outputs, endpoint=True),
    )


def _by_taps(x: np.ndarray, kernel: np.ndarray, g: np.ndarray, padding: str) -> tuple[np.ndarray, ...]:
    """Return y, dx and dK in int64: a loop over the entries of the kernel, with no code of the rules."""
    size = kernel.shape[0]
    low = (size - 1) // 2 if padding == "SAME" else 0
    padded = np.pad(x, ((0, 0), (low, low), (low, low), (0, 0)))
    height, width = g.shape[1:3]
    y, d_padded, d_kernel = (
        np.zeros(g.shape, np.int64),
        np.zeros(padded.shape, np.int64),
        np.zeros(kernel.shape, np.int64),
    )
    for i in range(size):
        for j in range(size):
            window = padded[:, i : i + height, j : j + width]
            y += window @ kernel[i, j]
            d_kernel[i, j] = np.tensordot(window, g, ((0, 1, 2), (0, 1, 2)))
            d_padded[:, i : i + height, j : j + width] += g @ kernel[i, j].T
    return y, d_padded[:, low : low + x.shape[1], low : low + x.shape[2]], d_kernel
