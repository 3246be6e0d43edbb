"""check_linear accepts the right matrix with an error of 0, whatever holds it, and rejects a wrong one."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax.experimental.sparse import BCOO

import verify
from tests.verify.linear._convolution import KERNEL, SHAPE, convolution, matrix_of
from tests.verify.matrices._definition import convolved
from verify import strategies as vs
from verify.matrices.convolution import FORMATS

BIAS = np.asarray([1.0, -2.0, 0.5, 3.0], np.float32)


def with_bias(image):
    return convolution(image) + jnp.broadcast_to(BIAS, (5, 6, 4))


@pytest.mark.parametrize("format", FORMATS)
def test_the_right_matrix_is_accepted_in_every_format_without_any_error(format):
    report = verify.check_linear(convolution, verify.conv_matrix(KERNEL, SHAPE, format=format), SHAPE)
    assert report.ok, str(report)
    assert [f.error for f in report.passed if f.law == "entries"] == [0.0]
    assert ("adjoint" in {f.law for f in report.passed}) == (format in ("operator", "pair"))


@settings(max_examples=40)
@given(vs.conv_matrix_problems(max_rank=2), st.randoms(use_true_random=False))
def test_over_the_option_space_the_right_matrix_is_accepted_and_one_with_a_wrong_tap_is_not(problem, random):
    kernel = np.random.default_rng(random.randrange(1000)).standard_normal(problem.array.shape).astype(np.float32)

    def fun(image):
        return convolved(image[None], kernel, **{"layout": None, **problem.options})[0]

    right = verify.conv_matrix(kernel, problem.input_shape, format="numpy", **problem.options)
    assert verify.check_linear(fun, right, problem.input_shape).ok
    rows, columns = np.nonzero(right)
    if len(rows):
        at = random.randrange(len(rows))
        tap = right == right[rows[at], columns[at]]
        assert not verify.check_linear(fun, np.where(tap, 0, right), problem.input_shape).ok


def test_padding_of_a_bcoo_is_no_entry():
    padded = BCOO.fromdense(matrix_of(KERNEL), nse=5 * 6 * 9 * 8)
    assert (padded.indices == padded.shape[0]).any()
    assert verify.check_linear(convolution, padded, SHAPE).ok


def test_matrices_without_bands_are_compared_entry_by_entry():
    weights = np.random.default_rng(3).standard_normal((4, 6)).astype(np.float32)
    assert verify.check_linear(lambda x: weights @ x, weights, 6).ok
    faulty = weights.copy()
    faulty[1, 2] += 1
    report = verify.check_linear(lambda x: weights @ x, faulty, 6)
    assert [f.index for f in report.failures] == [(1, 2)]
    square = weights[:, :4]
    report = verify.check_linear(lambda x: square @ x, square.T, 4)
    assert [f.diagnosis.code for f in report.failures] == ["transposed"]


def test_an_affine_function_goes_with_an_affine_matrix():
    affine = verify.conv_matrix(KERNEL, SHAPE, bias=BIAS)
    assert verify.check_linear(with_bias, affine, SHAPE).ok
    report = verify.check_linear(with_bias, affine.matrix, SHAPE)
    assert "affine" in [f.diagnosis.code for f in report.failures]
    other = verify.conv_matrix(KERNEL, SHAPE, bias=BIAS * [1, 1, 2, 1])
    report = verify.check_linear(with_bias, other, SHAPE)
    assert [(f.law, f.argument) for f in report.failures] == [("offset", "matrix.offset")]
    short = verify.Affine(affine.matrix, BIAS)
    report = verify.check_linear(with_bias, short, SHAPE)
    assert [f.diagnosis.sentence for f in report.failures] == [
        "The offset has 4 entries, and the function 120 outputs."
    ]


def test_a_wrong_operator_is_rejected_also_where_only_its_adjoint_is():
    from scipy.sparse.linalg import LinearOperator

    right = verify.conv_matrix(KERNEL, SHAPE, format="operator")
    flipped = verify.conv_matrix(KERNEL[::-1, ::-1], SHAPE, format="operator")
    both = LinearOperator(
        right.shape, matvec=right.matvec, rmatvec=flipped.rmatvec, rmatmat=flipped.rmatmat, dtype=np.float32
    )
    report = verify.check_linear(convolution, both, SHAPE)
    assert [f.law for f in report.failures] == ["adjoint"]


BAD = {
    "no function": ((3, np.eye(3), 3), {}, TypeError, r"^`fun` must be callable; got int\."),
    "shape": ((np.negative, np.eye(3), (3, 0)), {}, ValueError, r"^`in_shape` must be a shape with at least one entry"),
    "no shape": ((np.negative, np.eye(3), 1.5), {}, ValueError, r"^`in_shape` must be a shape with at least one entry"),
    "vector": (
        (np.negative, np.ones(3), 3),
        {},
        TypeError,
        r"^`matrix` must be a two-dimensional array, .*; got ndarray of",
    ),
    "no matrix": ((np.negative, "eye", 3), {}, TypeError, r"^`matrix` must be a two-dimensional array, .*; got str\."),
    "integers": (
        (np.negative, np.eye(3), 3),
        {"dtype": int},
        TypeError,
        r"^`dtype` must be a real floating one; got int64",
    ),
    "no array": (
        (lambda x: "y", np.eye(3), 3),
        {},
        TypeError,
        r"^`<lambda>` must return one array of numbers; got str\.",
    ),
    "its own error": ((lambda x: x @ np.ones(4), np.eye(3), 3), {}, (TypeError, ValueError), "4"),
}


@pytest.mark.parametrize(("arguments", "options", "kind", "message"), BAD.values(), ids=BAD)
def test_bad_usage_is_told_in_a_sentence(arguments, options, kind, message):
    with pytest.raises(kind, match=message):
        verify.check_linear(*arguments, **options)
