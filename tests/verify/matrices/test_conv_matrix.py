"""conv_matrix in every format equals probing with the identity, bit for bit, over the whole option space."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from hypothesis import given, settings
from jax import lax

import verify
from tests.verify.matrices._definition import convolved, matrix_by_probing
from verify import strategies as vs
from verify.matrices.convolution import FORMATS

FUNCTIONS = ("pair",)  # a pair is compiled for every shape: see test_compiled.py
KERNEL = np.arange(3 * 3 * 2 * 4, dtype=np.float32).reshape(3, 3, 2, 4) - 30


def as_array(matrix, format):
    """The matrix as a NumPy array, from a format's own entries."""
    if format in ("csr", "bsr"):
        matrix.check_format(full_check=True)
        return matrix.toarray()
    if format == "bcoo":
        dense = np.zeros(matrix.shape, matrix.dtype)
        rows, columns = np.asarray(matrix.indices).T
        np.add.at(dense, (rows, columns), np.asarray(matrix.data))
        return dense
    return np.asarray(matrix @ np.eye(matrix.shape[1], dtype=matrix.dtype) if format == "operator" else matrix)


@settings(max_examples=250)
@given(vs.conv_matrix_problems())
def test_every_format_equals_probing_with_the_identity_bit_for_bit(problem):
    options = {"layout": None, **problem.options}
    expected = matrix_by_probing(lambda x: convolved(x, problem.array, **options), problem.input_shape)
    for format in FORMATS.keys() - FUNCTIONS:
        matrix = verify.conv_matrix(problem.array, problem.input_shape, format=format, **problem.options)
        np.testing.assert_array_equal(as_array(matrix, format), expected, err_msg=format)


@settings(max_examples=100)
@given(vs.conv_matrix_problems())
def test_rows_are_sorted_without_duplicates_and_adjoints_are_transposes(problem):
    made = {
        format: verify.conv_matrix(problem.array, problem.input_shape, format=format, **problem.options)
        for format in ("csr", "bsr", "bcoo", "operator")
    }
    for sparse in (made["csr"], made["bsr"]):
        for begin, end in zip(sparse.indptr, sparse.indptr[1:], strict=False):
            assert (np.diff(sparse.indices[begin:end]) > 0).all()
    csr = made["csr"]
    coordinates = csr.tocoo()
    np.testing.assert_array_equal(made["bcoo"].indices, np.stack([coordinates.row, coordinates.col], axis=1))
    np.testing.assert_array_equal(made["bcoo"].data, csr.data)
    adjoint = made["operator"].H @ np.eye(csr.shape[0], dtype=np.float32)
    np.testing.assert_array_equal(adjoint, csr.toarray().T)


@settings(max_examples=100)
@given(vs.conv_matrix_problems(circular=False))
def test_stored_entries_are_the_kernels_own_floats(problem):
    kernel = np.random.default_rng(problem.array.size).standard_normal(problem.array.shape).astype(np.float32)
    matrix = verify.conv_matrix(kernel, problem.input_shape, **problem.options)
    assert set(matrix.data.tolist()) <= set(kernel.reshape(-1).tolist())
    dense = matrix_by_probing(
        lambda x: convolved(x, kernel, **{"layout": None, **problem.options}), problem.input_shape
    )
    np.testing.assert_array_equal(matrix.toarray(), dense)


@settings(max_examples=25)
@given(vs.conv_matrix_problems(circular=False))
def test_options_mean_what_they_mean_to_jax(problem):
    options = problem.options
    rank = len(options["strides"])
    layout = options["layout"]
    kernel_layout = "DHW"[-rank:] + "IO" if layout.endswith("C") else "OI" + "DHW"[-rank:]
    padding = [(0, 0)] * rank if options["padding"] == "VALID" else options["padding"]

    def convolution(image):
        return lax.conv_general_dilated(
            image[None],
            problem.array,
            options["strides"],
            padding,
            options["input_dilation"],
            options["dilation"],
            dimension_numbers=(layout, kernel_layout, layout),
            feature_group_count=options["groups"],
        )[0]

    made = verify.conv_matrix(problem.array, problem.input_shape, format="numpy", **options)
    np.testing.assert_array_equal(made, verify.as_matrix(convolution, problem.input_shape))


@pytest.mark.parametrize("strides", [(1, 1), (2, 3)])
def test_circular_padding_and_its_strides_are_those_of_flax(strides):
    layer = nn.Conv(4, (3, 3), strides, padding="CIRCULAR", use_bias=False)
    expected = verify.as_matrix(lambda image: layer.apply({"params": {"kernel": KERNEL}}, image[None])[0], (5, 6, 2))
    made = verify.conv_matrix(KERNEL, (5, 6, 2), strides=strides, padding="CIRCULAR", format="numpy")
    np.testing.assert_array_equal(made, expected)


def test_a_bias_is_the_offset_of_an_affine_map():
    bias = np.asarray([1.0, -2.0, 3.0, 0.5], np.float32)
    x = np.arange(5 * 6 * 2, dtype=np.float32)
    for layout, kernel, shape in (
        ("NHWC", KERNEL, (5, 6, 2)),
        ("NCHW", np.moveaxis(KERNEL, (2, 3), (1, 0)), (2, 5, 6)),
    ):
        affine = verify.conv_matrix(kernel, shape, layout=layout, bias=bias)
        added = (affine(x) - affine.matrix @ x).reshape((5, 6, 4) if layout == "NHWC" else (4, 5, 6))
        np.testing.assert_array_equal(
            np.moveaxis(added, 0 if layout == "NCHW" else -1, -1), np.broadcast_to(bias, (5, 6, 4))
        )
        homogeneous = affine.homogeneous() @ np.append(x, 1)
        np.testing.assert_array_equal(homogeneous, np.append(affine(x), 1))
        dense = verify.Affine(affine.matrix.toarray(), affine.offset).homogeneous()
        np.testing.assert_array_equal(dense, affine.homogeneous().toarray())


def test_a_bias_may_be_traced_where_the_kernel_is_not():
    def total(bias):
        affine = verify.conv_matrix(KERNEL, (5, 6, 2), bias=bias, format="pair")
        return affine.offset.sum()

    np.testing.assert_array_equal(jax.grad(total)(jnp.ones(4)), np.full(4, 30))


def test_options_may_be_arrays():
    by_arrays = verify.conv_matrix(KERNEL, np.asarray([5, 6, 2]), strides=np.asarray([1, 2]), format="numpy")
    np.testing.assert_array_equal(by_arrays, verify.conv_matrix(KERNEL, (5, 6, 2), strides=(1, 2), format="numpy"))


def test_a_callers_array_is_written_into_whatever_it_held():
    out = np.full((5 * 6 * 4, 5 * 6 * 2), np.nan, np.float32)
    assert verify.conv_matrix(KERNEL, (5, 6, 2), format="numpy", out=out) is out
    np.testing.assert_array_equal(out, verify.conv_matrix(KERNEL, (5, 6, 2)).toarray())


def test_a_tap_that_is_zero_is_an_entry_all_the_same():
    matrix = verify.conv_matrix(np.zeros((3, 1, 1), np.float32), (4, 1))
    assert matrix.nnz == 10
    assert not matrix.toarray().any()


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.complex64, np.float16, jnp.bfloat16])
def test_the_kernels_dtype_is_kept(dtype):
    kernel = KERNEL.astype(dtype)
    assert verify.conv_matrix(kernel, (4, 4, 2), format="numpy").dtype == dtype
    if dtype not in (np.float16, jnp.bfloat16):
        assert verify.conv_matrix(kernel, (4, 4, 2)).dtype == dtype


def test_jax_has_no_64_bits_where_they_are_off_and_keeps_them_where_they_are_on():
    kernel = KERNEL.astype(np.float64) / 3
    for format in ("jax", "bcoo"):
        made = {wide: _dtype_and_largest(kernel, format, wide) for wide in (False, True)}
        assert made == {False: (np.float32, np.float32(kernel.max())), True: (np.float64, kernel.max())}


def _dtype_and_largest(kernel, format, wide):
    with jax.enable_x64(wide):
        matrix = verify.conv_matrix(kernel, (4, 4, 2), format=format)
        return matrix.dtype, np.asarray(getattr(matrix, "data", matrix)).max()


def test_a_window_longer_than_a_circular_axis_adds_up_the_taps_that_meet():
    matrix = verify.conv_matrix(np.asarray([1.0, 2, 4, 8, 16]).reshape(5, 1, 1), (2, 1), padding="CIRCULAR")
    assert matrix.nnz == 4
    np.testing.assert_array_equal(matrix.toarray(), [[1 + 4 + 16, 2 + 8], [2 + 8, 1 + 4 + 16]])


SHAPE = (5, 6, 2)
BAD = {
    "kernel without channels": (
        (np.ones((3, 3)), SHAPE),
        {},
        r"^`kernel` must have 1, 2 or 3 spatial axes .* \(3, 3\)",
    ),
    "empty kernel": ((np.ones((3, 0, 2, 4)), SHAPE), {}, r"^`kernel` must have at least one entry; got shape"),
    "batch": (
        (KERNEL, (8, 5, 6, 2)),
        {},
        r"^`input_shape` must be that of one example, without the batch: \(height and",
    ),
    "batch, first": (
        (KERNEL, (8, 5, 6, 2)),
        {"layout": "NCHW"},
        r"^`input_shape` must .*: \(channels, height and width\)",
    ),
    "no tuple": ((KERNEL, 5), {}, r"^`input_shape` must be a tuple of whole numbers; got 5\."),
    "empty input": ((KERNEL, (5, 0, 2)), {}, r"^`input_shape` must have at least one entry along every axis"),
    "channels": (
        (KERNEL, (5, 6, 3)),
        {},
        r"^`kernel` must have shape \(k1, k2, 3, out\) to match 3 input channels in 1 g",
    ),
    "channels, first": (
        (KERNEL, (4, 5, 6)),
        {"layout": "NCHW"},
        r"^`kernel` must have shape \(out, 4, k1, k2\) to match",
    ),
    "groups and input": ((KERNEL, (5, 6, 3)), {"groups": 2}, r"^`groups` must divide the 3 input channels; got 2\."),
    "groups and output": ((KERNEL[..., :3], (5, 6, 4)), {"groups": 2}, r"^`groups` must divide the 3 output channels"),
    "no groups": ((KERNEL, SHAPE), {"groups": 0}, r"^`groups` must be a positive whole number; got 0\."),
    "groups that are a truth": ((KERNEL, SHAPE), {"groups": True}, r"^`groups` must be a positive .*; got True\."),
    "stride": (
        (KERNEL, SHAPE),
        {"strides": 0},
        r"^`strides` must be a positive whole number, or one for each of 2 axes",
    ),
    "strides": (
        (KERNEL, SHAPE),
        {"strides": (1, 2, 3)},
        r"^`strides` must be a positive whole number, or one for each",
    ),
    "half a dilation": ((KERNEL, SHAPE), {"dilation": 1.5}, r"^`dilation` must be a positive whole number.*got 1\.5\."),
    "padding": ((KERNEL, SHAPE), {"padding": "same"}, r"^`padding` must be 'SAME', 'VALID', 'CIRCULAR' or a pair"),
    "one pair": ((KERNEL, SHAPE), {"padding": ((1, 1),)}, r"^`padding` must be .* for each of the 2 spatial axes"),
    "cropped away": ((KERNEL, SHAPE), {"padding": ((-2, -2), (0, 0))}, r"^A window must fit into its padded inputs"),
    "SAME of dilated": ((KERNEL, SHAPE), {"input_dilation": 2}, r"^`padding` 'SAME' has no agreed meaning with an"),
    "layout": (
        (KERNEL, SHAPE),
        {"layout": "HWC"},
        r"^`layout` must be 'NHWC' or 'NCHW' for 2 spatial axes; got 'HWC'\.",
    ),
    "format": ((KERNEL, SHAPE), {"format": "coo"}, r"^`format` must be one of 'numpy', 'csr', .*; got 'coo'\."),
    "no format": ((KERNEL, SHAPE), {"format": ["csr"]}, r"^`format` must be one of 'numpy', .*; got \['csr'\]\."),
    "bias": ((KERNEL, SHAPE), {"bias": np.ones(2)}, r"^`bias` must have shape \(4,\) to match `kernel`; got \(2,\)\."),
    "out for csr": ((KERNEL, SHAPE), {"out": np.ones(1)}, r"^`out` goes with format 'numpy' only; got 'csr'\."),
    "out of another shape": (
        (KERNEL, SHAPE),
        {"format": "numpy", "out": np.ones((2, 2), np.float32)},
        r"^`out` must be a NumPy array of dtype float32 and shape \(120, 60\); got float32 \(2, 2\)\.",
    ),
    "out in another order": (
        (KERNEL, SHAPE),
        {"format": "numpy", "out": np.ones((60, 120), np.float32).T},
        r"^`out` must be C-contiguous and writable",
    ),
}


@pytest.mark.parametrize(("arguments", "options", "message"), BAD.values(), ids=BAD)
def test_what_does_not_fit_together_is_told_in_a_sentence(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        verify.conv_matrix(*arguments, **options)


def test_a_bias_that_is_not_of_numbers_is_told_in_a_sentence():
    with pytest.raises(TypeError, match=r"^`bias` must be an array of numbers; got <U1\."):
        verify.conv_matrix(KERNEL, SHAPE, bias=np.full(4, "a"))


@pytest.mark.parametrize(
    ("kernel", "format", "message"),
    [
        (np.full((3, 3, 2, 4), "a"), "csr", r"^`kernel` must be an array of numbers; got <U1\."),
        (KERNEL.astype(jnp.bfloat16), "csr", r"^SciPy has no matrices of bfloat16: cast `kernel` to float32"),
        (KERNEL.astype(np.float16), "operator", r"^SciPy has no matrices of float16"),
    ],
)
def test_a_kernel_that_a_format_cannot_hold_is_told_in_a_sentence(kernel, format, message):
    with pytest.raises(TypeError, match=message):
        verify.conv_matrix(kernel, SHAPE, format=format)


def test_a_traced_kernel_goes_with_jax_formats_only():
    with pytest.raises(
        ValueError, match=r"^`kernel` is traced by JAX: there `format` must be one of 'jax', 'bcoo', 'pair'"
    ):
        jax.jit(lambda kernel: verify.conv_matrix(kernel, SHAPE))(KERNEL)


def test_an_affine_map_without_entries_has_no_homogeneous_matrix():
    affine = verify.conv_matrix(KERNEL, SHAPE, bias=np.ones(4), format="pair")
    with pytest.raises(TypeError, match=r"^A LinearMap has no entries to write an offset beside: use 'csr'\."):
        affine.homogeneous()
