"""Convolution, bias, relu and max pooling as one operation: what the fast rules are rules of.

    y = max_pool(relu(conv(x, K) + b))        with or without the relu, with or without the pooling

The convolution has stride 1 and no dilation or groups; the pooling windows do not overlap, and an edge that does not
fill a window is left out. Relu and max pooling may change places: max(relu(z)) = relu(max(z)), and the first winner is
the same wherever it is not cut off.
"""

from dataclasses import dataclass, replace
from typing import Any

from jaxcnn import _taps
from jaxcnn._types import Array, Padding, Shape
from jaxcnn._windows import Pair, Windows, pair
from jaxcnn.ops.activation import relu as relu_op
from jaxcnn.ops.conv import conv, conv_windows
from jaxcnn.ops.pool import max_pool, pool_windows


def conv_block(
    inputs: Array, kernel: Array, bias: Array, *, padding: Padding = "SAME", relu: bool = True, window: Any = 1
) -> Array:
    """Return the block's outputs by the plain ops; this is the primal that every form of the block has.

    Args:
        inputs: x, (N, H, W, C).
        kernel: K, (kh, kw, C, O), of the same dtype.
        bias: b, (O,), of the same dtype.
        padding: of the convolution, "SAME", "VALID" or ((top, bottom), (left, right)).
        relu: whether negative values are cut off.
        window: of the max pooling and its strides, a positive integer or one per axis; 1 for no pooling.

    Returns:
        y, (N, P, Q, O).

    Raises:
        ValueError: if the shapes or options do not fit together.
    """
    block_windows(inputs.shape, kernel.shape, bias.shape, padding=padding, window=window)
    outputs = conv(inputs, kernel, bias, padding=padding)
    outputs = relu_op(outputs) if relu else outputs
    return outputs if pair("window", window) == (1, 1) else max_pool(outputs, window=window)


@dataclass(frozen=True)
class BlockWindows:
    """Where the windows of both operations lie.

    Attributes:
        conv: the kernel on the inputs, one window per output of the convolution.
        pool: the pooling window on these outputs.
    """

    conv: Windows
    pool: Windows

    @property
    def read(self) -> Windows:
        """The part of the inputs that each pooled output reads: windows of k + p - 1 entries every p.

        Outputs that pooling leaves out are not read for, so the padding after the inputs does not count here.
        """
        (height, width), (p, q) = self.conv.window, self.pool.window
        return replace(
            self.conv, window=(height + p - 1, width + q - 1), strides=self.pool.window, outputs=self.pool.outputs
        )

    @property
    def used(self) -> Windows:
        """The kernel on the inputs, for those outputs only that pooling looks at."""
        (rows, columns), (p, q) = self.pool.outputs, self.pool.window
        return replace(self.conv, outputs=(rows * p, columns * q))


def block_windows(
    input_shape: Shape, kernel_shape: Shape, bias_shape: Shape, *, padding: Padding = "SAME", window: Any = 1
) -> BlockWindows:
    """Return the geometry of a block, after checking that all shapes fit together.

    Args:
        input_shape: (N, H, W, C).
        kernel_shape: (kh, kw, C, O).
        bias_shape: (O,).
        padding: of the convolution.
        window: of the pooling.

    Raises:
        ValueError: if they do not.
    """
    over_inputs = conv_windows(input_shape, kernel_shape, bias_shape, padding=padding)
    outputs = (input_shape[0], *over_inputs.outputs, kernel_shape[3])
    return BlockWindows(over_inputs, pool_windows(outputs, window=window))


def batch_minor_windows(input_shape: Shape, kernel_shape: Shape, **options: Any) -> BlockWindows:
    """Return the same for inputs (C, H, W, N), as the fast forms have them."""
    channels, height, width, batch = input_shape
    return block_windows((batch, height, width, channels), kernel_shape, kernel_shape[3:], **options)


def pool_taps(windows: BlockWindows) -> list[Pair]:
    """Return the entries (a, b) of a pooling window, in row-major order: the order in which ties are broken."""
    return list(_taps.offsets(windows.pool))
