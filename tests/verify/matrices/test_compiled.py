"""Formats that JAX compiles: the pair of functions, and matrices of a kernel that is traced, with their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

# Not square, several segments per axis, stretches that repeat in twos and threes, empty rows, wrapping: at each corner
# of the code one case, since each is a program to compile.
CASES = {
    "SAME, last": ((3, 3, 2, 4), (5, 6, 2), {}),
    "SAME, first": ((4, 2, 3, 3), (2, 5, 6), {"layout": "NCHW"}),
    "strided, dilated, padded, grouped": (
        (3, 2, 2, 4),
        (7, 6, 4),
        {"strides": (2, 1), "dilation": (1, 2), "padding": ((1, 2), (-1, 3)), "groups": 2},
    ),
    "transposed, rows without taps": (
        (1, 2, 2, 3),
        (4, 3, 2),
        {"input_dilation": (2, 3), "padding": ((0, 1), (2, 2))},
    ),
    "circular, strided, grouped, first": (
        (4, 1, 3, 2),
        (2, 5, 6),
        {"padding": "CIRCULAR", "strides": (1, 2), "groups": 2, "layout": "NCHW"},
    ),
    "circular, taps that meet": ((5, 1, 2), (3, 1), {"padding": "CIRCULAR"}),
    "circular, transposed": ((3, 2, 2), (4, 2), {"padding": "CIRCULAR", "input_dilation": 2}),
    "three axes": ((2, 1, 2, 1, 2), (3, 2, 3, 1), {"padding": ((1, 0), (0, 0), (1, 1))}),
    "nothing met": ((1, 1, 1), (2, 1), {"padding": ((3, -2),)}),
}


@pytest.fixture(params=CASES.values(), ids=CASES)
def case(request):
    kernel_shape, input_shape, options = request.param
    kernel = np.random.default_rng(0).integers(-9, 10, kernel_shape).astype(np.float32)
    return kernel, input_shape, options


def test_a_traced_kernel_gives_the_same_entries_in_the_same_order(case):
    kernel, shape, options = case
    expected = verify.conv_matrix(kernel, shape, **options).tocoo()

    @jax.jit
    def made(kernel):
        sparse = verify.conv_matrix(kernel, shape, format="bcoo", **options)
        return sparse.data, sparse.indices, verify.conv_matrix(kernel, shape, format="jax", **options)

    data, indices, dense = made(kernel)
    np.testing.assert_array_equal(data, expected.data)
    np.testing.assert_array_equal(indices, np.stack([expected.row, expected.col], axis=1))
    np.testing.assert_array_equal(dense, expected.toarray())


def test_a_pair_is_the_matrix_and_its_transpose(case):
    kernel, shape, options = case
    expected = verify.conv_matrix(kernel, shape, format="numpy", **options)
    pair = verify.conv_matrix(kernel, shape, format="pair", **options)
    rows, columns = expected.shape
    forward = pair.apply(np.eye(columns, dtype=np.float32).reshape(columns, *shape))
    np.testing.assert_array_equal(forward.reshape(columns, rows).T, expected)
    backward = pair.adjoint(np.eye(rows, dtype=np.float32).reshape(rows, *forward.shape[1:]))
    np.testing.assert_array_equal(backward.reshape(rows, columns), expected)


def test_the_adjoint_of_a_complex_kernel_is_conjugated():
    kernel = np.asarray([1 + 2j, -3j, 2], np.complex64).reshape(3, 1, 1)
    expected = verify.conv_matrix(kernel, (4, 1), format="numpy").conj().T
    operator = verify.conv_matrix(kernel, (4, 1), format="operator")
    np.testing.assert_array_equal(operator.H @ np.eye(4, dtype=np.complex64), expected)
    pair = verify.conv_matrix(kernel, (4, 1), format="pair")
    backward = pair.adjoint(np.eye(4, dtype=np.complex64).reshape(4, 4, 1)).reshape(4, 4)
    np.testing.assert_array_equal(backward, expected.T)


def test_both_are_differentiated_by_the_kernel():
    shape, options = (5, 4, 2), {"strides": (2, 1)}
    kernel = jnp.asarray(np.random.default_rng(0).integers(-3, 4, (3, 3, 2, 2)), jnp.float32)
    weights = np.random.default_rng(1).integers(-3, 4, (24, 40)).astype(np.float32)

    def dense(kernel):
        return (verify.conv_matrix(kernel, shape, format="jax", **options) * weights).sum()

    def sparse(kernel):
        matrix = verify.conv_matrix(kernel, shape, format="bcoo", **options)
        return (matrix.data * jnp.asarray(weights)[matrix.indices[:, 0], matrix.indices[:, 1]]).sum()

    # the slope by one entry of the kernel is the sum of the weights where the matrix holds that entry
    units = np.eye(kernel.size, dtype=np.float32).reshape(-1, *kernel.shape)
    held = [verify.conv_matrix(unit, shape, format="numpy", **options) for unit in units]
    expected = np.asarray([(one * weights).sum() for one in held]).reshape(kernel.shape)
    for loss in (dense, sparse):
        np.testing.assert_array_equal(jax.jit(jax.grad(loss))(kernel), expected)


def test_a_long_run_of_positions_is_copied_in_parts():
    kernel = np.asarray([1.0, 2, 3], np.float32).reshape(3, 1, 1)
    data = jax.jit(lambda kernel: verify.conv_matrix(kernel, (200, 1), format="bcoo").data)(kernel)
    np.testing.assert_array_equal(data, verify.conv_matrix(kernel, (200, 1)).data)


def test_a_pair_takes_any_batch_and_refuses_another_shape():
    pair = verify.conv_matrix(np.ones((3, 1, 2), np.float32), (5, 1), format="pair")
    assert pair.apply(np.ones((5, 1), np.float32)).shape == (5, 2)
    assert pair.adjoint(np.ones((2, 3, 5, 2), np.float32)).shape == (2, 3, 5, 1)
    with pytest.raises(ValueError, match=r"^The array must have shape \(\.\.\., 5, 1\); got \(5, 2\)\."):
        pair.apply(np.ones((5, 2), np.float32))
