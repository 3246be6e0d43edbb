"""Singular values and norms from symbols, against dense decompositions of the matrices they are of."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings

import verify
from verify import strategies as vs
from verify.matrices.geometry import convolution
from verify.spectra import largest as largest_module
from verify.spectra.circular import periods
from verify.spectra.largest import largest
from verify.spectra.symbol import symbol


def gaussian(problem):
    """Another kernel of the same shape, in float64: drawn ones are full of zeros and of equal entries."""
    return np.random.default_rng(problem.array.size).standard_normal(problem.array.shape)


def dense(kernel, problem, **options):
    return verify.conv_matrix(kernel, problem.input_shape, format="numpy", **{**problem.options, **options})


def without(options, *names):
    return {name: value for name, value in options.items() if name not in names}


def divides(problem):
    geometry = convolution(problem.array.shape, problem.input_shape, **problem.options)
    return all(axis.period % axis.stride == 0 for axis in geometry.axes)


@settings(max_examples=150)
@given(vs.conv_matrix_problems(circular=True))
def test_circular_singular_values_are_those_of_the_matrix(problem):
    kernel, options = gaussian(problem), without(problem.options, "padding")
    if not divides(problem):
        with pytest.raises(ValueError, match=r"^`strides` must divide the \d+ positions of circular axis \d; got \d\."):
            verify.circular_singular_values(kernel, problem.input_shape, **options)
        return
    expected = np.linalg.svd(dense(kernel, problem), compute_uv=False)
    found = verify.circular_singular_values(kernel, problem.input_shape, **options)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12 * max(1.0, expected[0]))


@settings(max_examples=200)
@given(vs.conv_matrix_problems())
def test_the_norm_lies_in_its_interval(problem):
    kernel = gaussian(problem)
    if problem.options["padding"] == "CIRCULAR" and not divides(problem):
        with pytest.raises(ValueError, match=r"^`strides` must divide"):
            verify.norm_interval(kernel, problem.input_shape, **problem.options)
        return
    value = float(np.linalg.norm(dense(kernel, problem), 2))
    bounds = verify.norm_interval(kernel, problem.input_shape, **problem.options)
    rounding = 1e-13 * value  # of the dense decomposition, which promises no more
    assert bounds.low <= value + rounding
    assert value - rounding <= bounds.high
    if value > 0:
        assert bounds.low >= 0.9 * value
        if problem.options["padding"] == "CIRCULAR":
            assert bounds.width < 1e-9


@settings(max_examples=100)
@given(vs.conv_matrix_problems())
def test_the_frobenius_norm_is_that_of_the_matrix(problem):
    kernel = gaussian(problem)
    expected = np.linalg.norm(dense(kernel, problem))
    found = verify.frobenius_norm(kernel, problem.input_shape, **problem.options)
    assert math.isclose(found, expected, rel_tol=1e-13)


def test_taps_that_meet_on_a_circular_axis_are_added_before_they_are_squared():
    kernel = np.asarray([3.0, 1.0, 4.0]).reshape(3, 1, 1)
    assert verify.frobenius_norm(kernel, (2, 1), padding="CIRCULAR") == math.sqrt(2 * (3 + 4) ** 2 + 2 * 1**2)


@pytest.mark.parametrize("padding", ["SAME", ((2, 0),), ((0, 2),)], ids=str)
def test_the_torus_is_larger_than_the_axis_so_that_what_wraps_around_does_not_cancel(padding):
    # on two positions the outer taps meet, and 1 - 1 = 0; with zero padding they do not, and the norm is 1
    assert 1.0 in verify.norm_interval(np.asarray([1.0, 0.0, -1.0]).reshape(3, 1, 1), (2, 1), padding=padding)


def test_a_zero_padded_norm_is_bounded_sharply():
    kernel, shape = np.random.default_rng(0).standard_normal((3, 3, 3, 4)), (12, 14, 3)
    value = float(np.linalg.norm(verify.conv_matrix(kernel, shape, format="numpy"), 2))
    bounds = verify.norm_interval(kernel, shape)
    assert value in bounds
    assert bounds.width < 0.02
    assert bounds.low > (1 - 1e-3) * value


def test_a_kernel_whose_norm_is_known_has_it():
    # the sum of a signed kernel's entries bounds its norm on every torus, and is it at frequency 0
    kernel = np.asarray([1.0, 2.0, 1.0]).reshape(3, 1, 1)
    assert 4.0 in verify.norm_interval(kernel, (9, 1), padding="CIRCULAR")
    # with zero padding the matrix is 2 + 2 cos(pi / (n + 1)) at its largest: tridiagonal (1, 2, 1)
    exact = 2 + 2 * math.cos(math.pi / 10)
    bounds = verify.norm_interval(kernel, (9, 1))
    assert bounds.low <= exact * (1 + 1e-15)
    assert exact in verify.NormInterval(bounds.low * (1 - 1e-15), bounds.high)
    assert bounds.low > exact * (1 - 1e-6)


def test_a_zero_kernel_and_a_window_that_meets_nothing_have_norm_zero():
    assert verify.norm_interval(np.zeros((3, 2, 2)), (5, 2)) == (0.0, 0.0)
    assert verify.norm_interval(np.ones((1, 1, 1)), (2, 1), padding=((3, -2),)).high == 0.0
    assert verify.NormInterval(0.0, 0.0).width == math.inf


def test_bounds_that_are_no_normal_numbers_are_rounded_outwards():
    # the norm of the tridiagonal matrix of ones is 1 + 2 cos(pi / 6) = 2.7; the proof from above says 3 and a little
    tiny, huge = np.nextafter(0.0, 1.0), np.finfo(np.float64).max
    assert verify.norm_interval(np.full((3, 1, 1), tiny), (5, 1)) == (2 * tiny, 4 * tiny)
    assert verify.norm_interval(np.full((3, 1, 1), huge), (5, 1)) == (huge, math.inf)


@pytest.mark.parametrize("number", [int, float, np.float32, jnp.float32])
def test_numbers_of_every_library_are_looked_for_in_an_interval(number):
    bounds = verify.NormInterval(1.5, 2.5)
    assert number(2) in bounds
    assert number(3) not in bounds
    assert number(1) not in bounds


def test_kernels_far_from_one_are_bounded_like_those_near_one():
    kernel = np.random.default_rng(0).standard_normal((3, 2, 2))
    near = verify.norm_interval(kernel, (6, 2))
    for exponent in (-600, 600):  # squares of these are zero, or infinite
        far = verify.norm_interval(np.ldexp(kernel, exponent), (6, 2))
        assert tuple(np.ldexp(far, -exponent)) == tuple(near)
        values = verify.circular_singular_values(np.ldexp(kernel, exponent), (6, 2))
        expected = verify.circular_singular_values(kernel, (6, 2))
        np.testing.assert_array_equal(np.ldexp(values, -exponent), expected)
        norm = verify.frobenius_norm(np.ldexp(kernel, exponent), (6, 2))
        assert np.ldexp(norm, -exponent) == verify.frobenius_norm(kernel, (6, 2))


def test_the_proof_from_above_does_not_rest_on_the_promising_blocks(monkeypatch):
    kernel, shape = np.random.default_rng(1).standard_normal((5, 4, 4)), (40, 4)
    geometry = convolution(kernel.shape, shape, padding="CIRCULAR")
    blocks = symbol(kernel, geometry, periods(geometry))
    right = largest(blocks)

    def misled(gram):
        values, vectors = np.linalg.eigh(gram[:1])
        return float(values[0, -1]), 0, vectors[0, :, -1]

    monkeypatch.setattr(largest_module, "_largest_eigenvalue", misled)
    found = largest(blocks)
    assert found.high >= right.low
    assert found.low < right.low


def test_the_bounds_allow_for_the_rounding_of_the_symbol():
    # exact: every singular value of a permutation is 1, whatever the frequency
    kernel = np.eye(8)[None]
    geometry = convolution(kernel.shape, (97, 8), padding="CIRCULAR")
    found = largest(symbol(kernel, geometry, periods(geometry)))
    assert found.low <= 1 <= found.high
    assert found.high - found.low < 1e-9


@pytest.mark.parametrize(
    "ask", [verify.circular_singular_values, verify.norm_interval, verify.frobenius_norm], ids=lambda ask: ask.__name__
)
def test_kernels_that_are_not_real_and_finite_are_told_in_a_sentence(ask):
    with pytest.raises(TypeError, match=r"^`kernel` must be of real numbers; got complex128\."):
        ask(np.ones((3, 1, 1), complex), (5, 1))
    with pytest.raises(ValueError, match=r"^`kernel` must be finite\."):
        ask(np.full((3, 1, 1), np.nan), (5, 1))
    with pytest.raises(ValueError, match=r"^`kernel` must have shape \(k1, 1, out\)"):
        ask(np.ones((3, 2, 1)), (5, 1))
