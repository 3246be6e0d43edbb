"""pool_matrix against pooling by its definition, and max pooling by matrices and relu alone."""

import math

import jax
import numpy as np
import pytest
from flax import linen as nn
from hypothesis import given, settings
from jax import lax

import verify
from tests.verify.matrices._definition import matrix_by_probing, windowed
from tests.verify.matrices.test_conv_matrix import FUNCTIONS, as_array
from verify import strategies as vs
from verify.matrices.convolution import FORMATS


def split(problem):
    """Options for `windowed`, for `pool_matrix`, and the window."""
    options = dict(problem.options)
    window = options.pop("window")
    return window, options


def outputs(windows, reduce, layout):
    found = reduce(windows)
    return found if layout.endswith("C") else np.moveaxis(found, -1, 1)


@settings(max_examples=60)
@given(vs.pool_matrix_problems())
def test_an_average_is_over_real_entries_or_over_the_window(problem):
    window, options = split(problem)
    for count_include_pad, reduce in (
        (False, lambda w: np.nansum(w, axis=-1) / np.isfinite(w).sum(axis=-1, dtype=np.float32)),
        (True, lambda w: np.nansum(w, axis=-1) / np.float32(math.prod(window))),
    ):
        expected = matrix_by_probing(
            lambda x, reduce=reduce: outputs(windowed(x, window, **options, fill=np.nan), reduce, options["layout"]),
            problem.input_shape,
        )
        for format in FORMATS.keys() - FUNCTIONS:
            matrix = verify.pool_matrix(
                window, problem.input_shape, count_include_pad=count_include_pad, format=format, **options
            )
            found = as_array(matrix, format)
            # repeated entries of a window that goes round are added before they are divided, or after: one rounding
            around = options["padding"] == "CIRCULAR"
            np.testing.assert_allclose(found, expected, rtol=2**-23 if around else 0, err_msg=format)


@settings(max_examples=100)
@given(vs.pool_matrix_problems())
def test_a_selection_takes_the_first_largest_real_entry(problem):
    window, options = split(problem)
    images = problem.array[None]
    places = np.arange(1, images.size + 1, dtype=np.float32).reshape(images.shape)
    values = windowed(images, window, **options, fill=-np.inf)[0]
    sources = windowed(places, window, **options, fill=0)[0].astype(int) - 1
    chosen = np.take_along_axis(sources, values.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    chosen = (chosen if options["layout"].endswith("C") else np.moveaxis(chosen, -1, 0)).reshape(-1)
    for format in FORMATS.keys() - FUNCTIONS:
        matrix = verify.pool_matrix(window, problem.input_shape, kind="max", at=problem.array, format=format, **options)
        np.testing.assert_array_equal(as_array(matrix, format), np.eye(images.size)[chosen], err_msg=format)


@settings(max_examples=100)
@given(vs.pool_matrix_problems())
def test_stages_of_matrices_and_relu_are_the_maximum_at_every_input(problem):
    window, options = split(problem)
    stages = verify.max_pool_stages(window, problem.input_shape, **options)
    assert len(stages) == max(1, math.ceil(math.log2(math.prod(window))))
    for sign in (1, -1):
        images = sign * problem.array[None]
        values = outputs(windowed(images, window, **options, fill=-np.inf), lambda w: w.max(-1), options["layout"])
        found = pure = images.reshape(-1)
        for stage in stages:
            spread, gather = stage.matrices()
            found, pure = stage(found), gather @ np.maximum(spread @ pure, 0)
        np.testing.assert_array_equal(found, values.reshape(-1))
        np.testing.assert_array_equal(pure, values.reshape(-1))


def test_poolings_are_those_of_flax_and_jax():
    image = np.random.default_rng(0).integers(-4, 5, (5, 7, 2)).astype(np.float32)

    def average(image):
        with jax.numpy_dtype_promotion("standard"):  # Flax divides by a NumPy integer
            return nn.avg_pool(image[None], (2, 3), count_include_pad=counted, **options)[0]

    for options in ({"strides": (2, 1), "padding": ((1, 0), (1, 1))}, {"strides": (2, 2), "padding": "SAME"}):
        for counted in (True, False):
            matrix = verify.pool_matrix((2, 3), image.shape, count_include_pad=counted, format="numpy", **options)
            np.testing.assert_array_equal(matrix, verify.as_matrix(average, image.shape))
        pooled = nn.max_pool(image[None], (2, 3), **options)[0]
        selection = verify.pool_matrix((2, 3), image.shape, kind="max", at=image, **options)
        np.testing.assert_array_equal(selection @ image.reshape(-1), pooled.reshape(-1))


def test_a_selection_is_the_jacobian_of_max_pooling_ties_included():
    image = np.random.default_rng(1).integers(0, 2, (6, 6, 2)).astype(np.float32)

    def pool(x):
        return lax.reduce_window(x, -np.inf, lax.max, (3, 2, 1), (2, 2, 1), ((1, 1), (0, 0), (0, 0)))

    jacobian = jax.jacrev(pool)(image).reshape(-1, image.size)
    matrix = verify.pool_matrix((3, 2), image.shape, kind="max", at=image, strides=2, padding=((1, 1), (0, 0)))
    np.testing.assert_array_equal(matrix.toarray(), jacobian)


def test_minus_infinity_is_an_entry_and_padding_is_none():
    image = np.full((3, 1), -np.inf, np.float32)
    matrix = verify.pool_matrix(2, (3, 1), kind="max", at=image, strides=1, padding=((1, 0),))
    np.testing.assert_array_equal(matrix.indices, [0, 0, 1])
    apart = verify.pool_matrix(2, (3, 1), kind="max", at=image, strides=1, dilation=2, padding=((1, 0),))
    np.testing.assert_array_equal(apart.indices, [1, 0])
    with_nan = np.asarray([[1.0], [np.nan], [3.0]])
    np.testing.assert_array_equal(verify.pool_matrix(2, (3, 1), kind="max", at=with_nan, strides=1).indices, [1, 1])


@pytest.mark.parametrize("kind", [{}, {"kind": "max", "at": np.arange(4 * 5 * 2).reshape(4, 5, 2) % 7}])
def test_a_pair_is_the_same_matrix_and_its_transpose(kind):
    options = {"strides": (1, 2), "padding": "SAME", **kind}
    pair = verify.pool_matrix((2, 3), (4, 5, 2), format="pair", **options)
    report = verify.check_linear(pair.apply, verify.pool_matrix((2, 3), (4, 5, 2), **options), (4, 5, 2))
    assert report.ok, str(report)
    assert verify.check_adjoint(pair.apply, pair.adjoint, (4, 5, 2)).ok


BAD = {
    "no input": (
        {"kind": "max"},
        r"^Max pooling is a matrix only at an input: give `at`, or use verify\.max_pool_stages\.",
    ),
    "average at an input": (
        {"at": np.ones((4, 4, 1))},
        r"^`kind` must be 'max', with `at`, or 'average', without; got",
    ),
    "another kind": ({"kind": "min"}, r"^`kind` must be 'max', with `at`, or 'average', without; got 'min'\."),
    "another shape": (
        {"kind": "max", "at": np.ones((4, 4))},
        r"^`at` must have shape \(4, 4, 1\), that of one example",
    ),
    "window": (
        {"window": (2, 0)},
        r"^`window` must be a positive whole number, or one for each of 2 axes; got \(2, 0\)",
    ),
    "only padding": (
        {"padding": ((2, 0), (0, 0))},
        r"^Every window must hold a real entry, and window 0 along spatial ax",
    ),
    "format": ({"format": "coo"}, r"^`format` must be one of"),
    "rank": (
        {"input_shape": (4, 4, 4, 4, 1)},
        r"^`input_shape` must have 1, 2 or 3 spatial axes and channels, no batch",
    ),
    "no tuple": ({"input_shape": 4}, r"^`input_shape` must be a tuple of whole numbers; got 4\."),
}


@pytest.mark.parametrize(("options", "message"), BAD.values(), ids=BAD)
def test_what_is_no_pooling_is_told_in_a_sentence(options, message):
    with pytest.raises(ValueError, match=message):
        verify.pool_matrix(**{"window": 2, "input_shape": (4, 4, 1), **options})


@pytest.mark.parametrize(
    ("ask", "options", "message"),
    [
        (verify.pool_matrix, {"dtype": int}, r"^`dtype` must hold fractions; got int64\."),
        (verify.pool_matrix, {"dtype": np.float16}, r"^SciPy has no matrices of float16: choose `dtype` float32"),
        (verify.pool_matrix, {"kind": "max", "at": np.ones((4, 1)), "dtype": str}, r"^`dtype` must hold numbers; got"),
        (
            verify.pool_matrix,
            {"kind": "max", "at": np.full((4, 1), "a")},
            r"^`at` must be of real numbers, .*; got <U1",
        ),
        (verify.max_pool_stages, {"dtype": np.uint8}, r"^`dtype` must hold negative numbers, .*; got uint8\."),
    ],
)
def test_numbers_that_cannot_be_the_entries_are_told_in_a_sentence(ask, options, message):
    with pytest.raises(TypeError, match=message):
        ask(2, (4, 1), **options)


def test_stages_want_a_real_entry_in_every_window():
    with pytest.raises(ValueError, match=r"^Every window must hold a real entry, and window 1 along spatial axis 0"):
        verify.max_pool_stages(2, (2, 1), padding=((0, 3),))
