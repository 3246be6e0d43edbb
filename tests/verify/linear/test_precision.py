"""How exactly check_linear looks: to rounding in the function's own dtype, and at what is not finite."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import verify
from tests.verify.linear._convolution import KERNEL, SHAPE
from tests.verify.matrices._definition import convolved


def test_a_convolution_by_fourier_transform_is_accepted_with_its_rounding_and_a_wrong_one_is_not():
    kernel = np.random.default_rng(4).standard_normal(5).astype(np.float32)

    def fun(x):
        return jnp.fft.irfft(jnp.fft.rfft(x) * jnp.conj(jnp.fft.rfft(jnp.asarray(kernel), 16)), 16)

    matrix = verify.conv_matrix(kernel[:, None, None], (20, 1), padding="VALID", format="numpy")[:16, :16]
    around = np.stack([np.roll(np.pad(kernel, (0, 11)), i) for i in range(16)])
    assert not np.array_equal(matrix, around)
    report = verify.check_linear(fun, around, 16)
    assert report.ok, str(report)
    assert 0 < report.worst <= 1
    around[3, 4] += 1e-4
    assert not verify.check_linear(fun, around, 16).ok


def test_a_float64_matrix_is_checked_in_float64():
    wide = KERNEL.astype(np.float64)

    def fun(image):
        return convolved(
            image[None],
            wide.astype(image.dtype),
            **{
                "strides": (1, 1),
                "padding": "SAME",
                "dilation": (1, 1),
                "input_dilation": (1, 1),
                "groups": 1,
                "layout": None,
            },
        )[0]

    matrix = verify.conv_matrix(wide, SHAPE)
    assert verify.check_linear(fun, matrix, SHAPE).ok
    jax_fun = lambda image: lax.conv_general_dilated(  # noqa: E731
        image[None], wide.astype(image.dtype), (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )[0]
    assert verify.check_linear(jax_fun, matrix, SHAPE).ok
    matrix.data[7] *= 1 + 1e-9
    assert not verify.check_linear(jax_fun, matrix, SHAPE).ok


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38], ids=str)
def test_entries_that_are_not_finite_or_overflow_are_judged_without_a_warning(value):
    matrix = np.eye(3, dtype=np.float32)
    matrix[0, 1] = value
    assert [f.index for f in verify.check_linear(jnp.negative, -matrix, 3).failures] == [(0, 1)]
    assert not verify.check_linear(lambda x: jnp.asarray(matrix) @ x, np.eye(3), 3).ok
    adjoint = verify.check_adjoint(lambda x: x, lambda y: jnp.asarray(matrix.T) @ y, 3)
    assert "adjoint" in {f.law for f in adjoint.failures}


def test_a_linear_function_that_overflows_far_out_is_still_linear():
    matrix = np.asarray([[1e35, -1e35] * 4], np.float32)  # infinity less infinity is NaN
    assert verify.check_linear(lambda x: jnp.asarray(matrix) @ x, matrix, 8).ok
