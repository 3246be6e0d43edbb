"""Convolution against its defining sum, one entry at a time in NumPy."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.ops import conv


def by_loops(inputs, kernel, bias, strides, padding, dilation, groups):
    """Return the sum in the docstring of jaxcnn.ops.conv; `padding` is explicit."""
    batch, height, width, channels = inputs.shape
    rows, columns, ins, outs = kernel.shape
    (top, bottom), (left, right) = padding
    p_count = (height + top + bottom - (rows - 1) * dilation[0] - 1) // strides[0] + 1
    q_count = (width + left + right - (columns - 1) * dilation[1] - 1) // strides[1] + 1
    outputs = np.zeros((batch, p_count, q_count, outs))
    for n, p, q, o in np.ndindex(*outputs.shape):
        outputs[n, p, q, o] = bias[o]
        for i, j, c in np.ndindex(rows, columns, ins):
            h, w = p * strides[0] + i * dilation[0] - top, q * strides[1] + j * dilation[1] - left
            if 0 <= h < height and 0 <= w < width:
                channel = o // (outs // groups) * (channels // groups) + c
                outputs[n, p, q, o] += inputs[n, h, w, channel] * kernel[i, j, c, o]
    return outputs


CONFIGURATIONS = list(
    itertools.product(
        [(1, 1), (2, 3)],
        [((0, 0), (0, 0)), ((2, 1), (0, 3)), ((0, 1), (2, 0))],
        [(1, 1), (2, 1)],
        [1, 2, 4],
    )
)


@pytest.mark.parametrize(("strides", "padding", "dilation", "groups"), CONFIGURATIONS)
def test_convolution_is_its_defining_sum(integers, strides, padding, dilation, groups):
    inputs, kernel, bias = integers((2, 5, 6, 4)), integers((3, 2, 4 // groups, 4)), integers((4,))
    found = conv(inputs, kernel, bias, strides=strides, padding=padding, dilation=dilation, groups=groups)
    expected = by_loops(*map(np.asarray, (inputs, kernel, bias)), strides, padding, dilation, groups)
    np.testing.assert_array_equal(found, expected)


def test_negative_padding_crops(integers):
    inputs, kernel, bias = integers((2, 6, 7, 1)), integers((2, 2, 1, 3)), integers((3,))
    cropped = conv(inputs[:, 1:-2, :-1], kernel, bias, padding="VALID")
    np.testing.assert_array_equal(conv(inputs, kernel, bias, padding=((-1, -2), (0, -1))), cropped)


def test_a_kernel_with_a_single_one_shifts_and_does_not_flip():
    image = jnp.arange(12.0).reshape(1, 3, 4, 1)
    right_of_centre = jnp.zeros((3, 3, 1, 1)).at[1, 2].set(1)
    shifted = conv(image, right_of_centre, jnp.zeros(1), padding="SAME")
    np.testing.assert_array_equal(shifted[0, :, :-1, 0], image[0, :, 1:, 0])


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (((8, 28, 28, 3), (3, 3, 1, 16), (16,)), {}, r"^`kernel` must have shape \(kh, kw, 3, out\) to match `inputs`"),
        (((8, 28, 28), (3, 3, 1, 16), (16,)), {}, r"^`inputs` must have shape \(batch, height, width, channels\)"),
        (((8, 28, 28, 3), (3, 3, 3, 16), (3,)), {}, r"^`bias` must have shape \(16,\) to match `kernel`; got \(3,\)"),
        (((8, 28, 28, 3), (3, 3, 1, 16), (16,)), {"groups": 2}, r"^`groups` must divide the 3 channels"),
        (((8, 28, 28, 4), (3, 3, 2, 15), (15,)), {"groups": 2}, r"^`groups` must divide the 15 outputs"),
        (((8, 2, 2, 3), (3, 3, 3, 1), (1,)), {"padding": "VALID"}, "^A window must fit into its padded inputs"),
    ],
)
def test_shapes_that_do_not_fit_are_explained(shapes, options, message):
    with pytest.raises(ValueError, match=message):
        conv(*map(jnp.zeros, shapes), **options)
