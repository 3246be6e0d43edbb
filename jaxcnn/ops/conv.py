"""Two-dimensional convolution as networks mean it: cross-correlation, the kernel is not flipped.

    y[n, p, q, o] = b[o] + sum_{i, j, c} x[n, p s + i d - lo, q s + j d - lo, c] K[i, j, c, o]

Images are NHWC, kernels HWIO. With G groups, output o reads only the channels of its group: c runs over C / G
channels starting at (o // (O / G)) (C / G); G = C is the depthwise convolution.
"""

from typing import Any

from jax import lax

from jaxcnn._types import Array, Padding, Shape
from jaxcnn._windows import Windows, positive, spatial, windows


def conv(
    inputs: Array,
    kernel: Array,
    bias: Array,
    *,
    strides: Any = 1,
    padding: Padding = "SAME",
    dilation: Any = 1,
    groups: int = 1,
) -> Array:
    """Convolve a batch of images with a kernel and add a bias per output channel.

    Args:
        inputs: x, (N, H, W, C).
        kernel: K, (kh, kw, C / groups, O), of the same dtype.
        bias: b, (O,), of the same dtype.
        strides: s, a positive integer or one per axis.
        padding: "SAME", "VALID" or ((top, bottom), (left, right)); negative amounts crop.
        dilation: d, the distance between neighbouring kernel entries, an integer or one per axis.
        groups: G, which must divide C and O.

    Returns:
        y, (N, P, Q, O), of the dtype of the inputs.

    Raises:
        ValueError: if the shapes or options do not fit together.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, sections 2 and 4.
    """
    geometry = conv_windows(
        inputs.shape, kernel.shape, bias.shape, strides=strides, padding=padding, dilation=dilation, groups=groups
    )
    outputs = lax.conv_general_dilated(
        inputs,
        kernel,
        window_strides=geometry.strides,
        padding=geometry.padding,
        rhs_dilation=geometry.dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )
    return outputs + bias.reshape(1, 1, 1, -1)


def conv_windows(
    input_shape: Shape,
    kernel_shape: Shape,
    bias_shape: Shape,
    *,
    strides: Any = 1,
    padding: Padding = "SAME",
    dilation: Any = 1,
    groups: int = 1,
) -> Windows:
    """Return where the kernel lies on the inputs, after checking that all shapes fit together.

    Raises:
        ValueError: if they do not.
    """
    sizes, channels = spatial("inputs", input_shape), input_shape[3]
    groups = positive("groups", groups)
    if channels % groups:
        raise ValueError(f"`groups` must divide the {channels} channels of `inputs`; got {groups}.")
    if len(kernel_shape) != 4 or kernel_shape[2] != channels // groups:
        raise ValueError(
            f"`kernel` must have shape (kh, kw, {channels // groups}, out) to match `inputs` {tuple(input_shape)} "
            f"in {groups} group(s); got {tuple(kernel_shape)}."
        )
    if kernel_shape[3] % groups:
        raise ValueError(f"`groups` must divide the {kernel_shape[3]} outputs of `kernel`; got {groups}.")
    if tuple(bias_shape) != (kernel_shape[3],):
        raise ValueError(f"`bias` must have shape ({kernel_shape[3]},) to match `kernel`; got {tuple(bias_shape)}.")
    return windows(sizes, kernel_shape[:2], strides=strides, padding=padding, dilation=dilation)
