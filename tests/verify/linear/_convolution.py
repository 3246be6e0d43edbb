"""The convolution whose matrices are checked: a kernel without equal entries, on images that are not square."""

import numpy as np
from jax import lax

import verify

SHAPE = (5, 6, 2)
KERNEL = np.random.default_rng(0).standard_normal((3, 3, 2, 4)).astype(np.float32)


def convolution(image, kernel=KERNEL):
    return lax.conv_general_dilated(image[None], kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))[0]


def matrix_of(kernel, **options):
    return verify.conv_matrix(kernel, SHAPE, format="numpy", **options)
