"""check_linear accepts the right matrix with an error of 0, and of a wrong one says which tap is wrong, and how."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax
from jax.experimental.sparse import BCOO

import verify
from tests.verify.matrices._definition import convolved
from verify import strategies as vs
from verify.matrices.convolution import FORMATS

SHAPE = (5, 6, 2)
KERNEL = np.random.default_rng(0).standard_normal((3, 3, 2, 4)).astype(np.float32)
BIAS = np.asarray([1.0, -2.0, 0.5, 3.0], np.float32)


def convolution(image, kernel=KERNEL):
    return lax.conv_general_dilated(image[None], kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))[0]


def with_bias(image):
    return convolution(image) + jnp.broadcast_to(BIAS, (5, 6, 4))


def matrix_of(kernel, **options):
    return verify.conv_matrix(kernel, SHAPE, format="numpy", **options)


def entries():
    """The right matrix, and the same memory as [output row, column, channel, input row, column, channel]."""
    matrix = matrix_of(KERNEL)
    return matrix, matrix.reshape(5, 6, 4, 5, 6, 2)


def one_tap_zero():
    kernel = KERNEL.copy()
    kernel[0, 2] = 0
    return matrix_of(kernel)


def one_tap_shifted():
    wide = np.zeros((3, 5, 2, 4), np.float32)
    wide[:, 1:4] = KERNEL
    wide[0, 3], wide[0, 4] = 0, KERNEL[0, 2]
    return matrix_of(wide)


def one_tap_shifted_onto_another():
    kernel = KERNEL.copy()
    kernel[0, 1] += kernel[0, 0]
    kernel[0, 0] = 0
    return matrix_of(kernel)


def one_tap_by_a_factor():
    kernel = KERNEL.copy()
    kernel[2, 1] *= 1.01
    return matrix_of(kernel)


def two_taps_exchanged():
    kernel = KERNEL.copy()
    kernel[0, 2], kernel[1, 1] = KERNEL[1, 1], KERNEL[0, 2]
    return matrix_of(kernel)


def one_entry(value):
    matrix, by_place = entries()
    by_place[2, 2, 1, 3, 2, 0] = value
    return matrix


def border_missing():
    matrix, by_place = entries()
    by_place[0, :, :, 1] = 0
    return matrix


WRONG = {
    "one tap zero": (
        one_tap_zero(),
        "band-missing",
        "Tap (0, 2) at input offset (-1, +1) is missing.",
    ),
    "one tap shifted": (
        one_tap_shifted(),
        "band-missing",
        "Tap (0, 2) at input offset (-1, +1) is missing; it lies at the band at input offset (-1, +2).",
    ),
    "one tap shifted onto another": (
        one_tap_shifted_onto_another(),
        "band-missing",
        "Tap (0, 0) at input offset (-1, -1) is missing; it lies at tap (0, 1) at input offset (-1, 0).",
    ),
    "one tap by a factor": (
        one_tap_by_a_factor(),
        "band-factor",
        "Tap (2, 1) at input offset (+1, 0) is the right one times 1.01.",
    ),
    "two taps exchanged": (
        two_taps_exchanged(),
        "band-of-another-tap",
        "Tap (0, 2) at input offset (-1, +1) holds the values of tap (1, 1) at input offset (0, 0).",
    ),
    "one entry": (
        one_entry(9.0),
        "band-wrong",
        "Tap (2, 1) at input offset (+1, 0) is wrong at 1 of 24 positions.",
    ),
    "NaN": (
        one_entry(np.nan),
        "band-wrong",
        "Tap (2, 1) at input offset (+1, 0) is wrong at 1 of 24 positions.",
    ),
    "a missing border": (
        border_missing(),
        "band-missing",
        "is missing at 6 of 24 positions, those of outputs with index 0 along axis 0.",
    ),
    "flipped": (matrix_of(KERNEL[::-1, ::-1]), "kernel-flipped", "The matrix is that of the flipped kernel"),
    "axes exchanged": (matrix_of(KERNEL.swapaxes(0, 1)), "kernel-axes-exchanged", "with its spatial axes exchanged"),
    "shifted": (
        matrix_of(KERNEL, padding=((1, 1), (0, 2))),
        "shifted",
        "All taps read 1 too far along axis 1: a padding is off by 1.",
    ),
    "doubled": (2 * matrix_of(KERNEL), "constant-factor", "The matrix is the right one times 2."),
    "transposed": (matrix_of(KERNEL).T, "transposed", r"The matrix is (60, 120), and that of the function (120, 60)"),
    "circular": (matrix_of(KERNEL, padding="CIRCULAR"), "band-extra", "has entries and the function none"),
    "of another size": (
        matrix_of(KERNEL, padding="VALID"),
        "shape",
        "The matrix is (48, 60), and that of the function",
    ),
}


@pytest.mark.parametrize(("matrix", "code", "sentence"), WRONG.values(), ids=WRONG)
def test_a_wrong_matrix_is_rejected_and_its_fault_named(matrix, code, sentence):
    report = verify.check_linear(convolution, matrix, SHAPE)
    assert not report.ok
    told = [(finding.diagnosis.code, finding.diagnosis.sentence) for finding in report.failures]
    assert any(found == code and sentence in words for found, words in told), told


def test_the_entry_shown_is_wrong_and_its_lines_print_it_again(capsys):
    matrix = one_tap_shifted()
    finding = verify.check_linear(convolution, matrix, SHAPE).failures[0]
    assert (finding.law, finding.argument) == ("entries", "matrix")
    right = matrix_of(KERNEL)
    assert (finding.actual, finding.expected) == (matrix[finding.index], right[finding.index])
    assert finding.actual != finding.expected
    exec("\n".join(finding.reproduce), {"fun": convolution, "matrix": matrix})
    assert [np.float32(line) for line in capsys.readouterr().out.split()] == [finding.expected, finding.actual]


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


@pytest.mark.parametrize(
    ("options", "wrong", "name"),
    [
        (
            {"strides": (2, 1), "dilation": (1, 2), "padding": ((1, 1), (2, 0))},
            (1, 2),
            "Tap (1, 2) at input offset (0, +2)",
        ),
        ({"input_dilation": (2, 1), "padding": ((1, 2), (1, 1))}, (0, 1), "Tap (0, 1) at input offset (-1, 0)"),
        ({"padding": "CIRCULAR"}, (2, 0), "Tap (2, 0) at input offset (+1, -1)"),
        ({"layout": "NCHW"}, (0, 2), "Tap (0, 2) at input offset (-1, +1)"),
        ({"groups": 2}, (1, 1), "Tap (1, 1) at input offset (0, 0)"),
    ],
    ids=["strided and dilated", "transposed", "circular", "channels first", "grouped"],
)
def test_taps_are_named_whatever_the_options(options, wrong, name):
    shape, kernel = (7, 8, 4), np.random.default_rng(1).standard_normal((3, 3, 4 // options.get("groups", 1), 2))
    kernel = kernel.astype(np.float32)
    faulty = kernel.copy()
    faulty[wrong] = 0
    if options.get("layout") == "NCHW":
        shape, kernel, faulty = (4, 7, 8), *(np.moveaxis(k, (2, 3), (1, 0)) for k in (kernel, faulty))
    full = {"strides": (1, 1), "padding": "SAME", "dilation": (1, 1), "input_dilation": (1, 1), "groups": 1}
    full |= {"layout": None, **options}
    report = verify.check_linear(
        lambda image: convolved(image[None], kernel, **full)[0], verify.conv_matrix(faulty, shape, **options), shape
    )
    assert [f.diagnosis.sentence for f in report.failures] == [f"{name} is missing."]


def test_channels_that_are_exchanged_are_told_of_the_whole_and_of_one_tap():
    kernel = np.random.default_rng(2).standard_normal((3, 2, 3, 3)).astype(np.float32)
    fun = lambda image: convolution(image, kernel)  # noqa: E731
    for faulty, code in ((kernel.swapaxes(2, 3), "channels-exchanged"), (kernel.copy(), "band-channels-exchanged")):
        if code.startswith("band"):
            faulty[1, 1] = faulty[1, 1].T
        report = verify.check_linear(fun, verify.conv_matrix(faulty, (4, 5, 3)), (4, 5, 3))
        assert [f.diagnosis.code for f in report.failures] == [code]


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


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        (jax.nn.relu, "f(x + y) = f(x) + f(y) does not hold at whole numbers."),
        (lambda y: jnp.clip(y, -1e4, 1e4), "f(1.04858e+06 x) = 1.04858e+06 f(x) does not hold at whole numbers."),
        (lambda y: jnp.where(jnp.abs(y) < 1e-3, 0, y), "f(9.53674e-07 x) = 9.53674e-07 f(x) does not hold"),
        (jnp.abs, "does not hold at whole numbers."),
    ],
    ids=["relu", "clipped", "small ones dropped", "absolute"],
)
def test_a_function_that_is_not_linear_is_rejected(bend, words):
    report = verify.check_linear(lambda image: bend(convolution(image)), matrix_of(KERNEL), SHAPE)
    (told,) = [f.diagnosis.sentence for f in report.failures if f.law == "linear"]
    assert words in told


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


def test_a_tap_is_named_where_the_function_rounds_in_every_entry():
    kernel = np.random.default_rng(6).standard_normal((3, 3, 1, 1)).astype(np.float32)
    placed = np.roll(np.pad(kernel[:, :, 0, 0], ((0, 5), (0, 6))), (-1, -1), (0, 1))
    transform = np.conj(np.fft.rfft2(placed)).astype(np.complex64)

    def fun(image):
        return jnp.fft.irfft2(jnp.fft.rfft2(image) * transform, (8, 9))

    assert np.count_nonzero(verify.as_matrix(fun, (8, 9))) > 72 * 9
    assert verify.check_linear(fun, verify.conv_matrix(kernel, (8, 9, 1), padding="CIRCULAR"), (8, 9)).ok
    kernel[0, 2] = 0
    report = verify.check_linear(fun, verify.conv_matrix(kernel, (8, 9, 1), padding="CIRCULAR"), (8, 9))
    assert [f.diagnosis.sentence for f in report.failures] == ["Tap (0, 2) at input offset (-1, +1) is missing."]


LARGE = (16, 16, 12)  # 3072 x 3072: too many entries to look at all of them
LARGE_KERNEL = np.random.default_rng(5).standard_normal((3, 3, 12, 12)).astype(np.float32)


def large(image):
    return convolution(image, LARGE_KERNEL)


def test_one_wrong_entry_of_a_large_matrix_is_found_and_its_tap_named():
    matrix = verify.conv_matrix(LARGE_KERNEL, LARGE)
    assert verify.check_linear(large, matrix, LARGE).ok
    at = matrix.nnz * 2 // 3
    row, column = int(np.searchsorted(matrix.indptr, at, "right") - 1), int(matrix.indices[at])
    matrix.data[at] += 0.25
    report = verify.check_linear(large, matrix, LARGE)
    assert {(f.law, f.index) for f in report.failures} == {("products", (row, column)), ("entries", (row, column))}
    (told,) = [f.diagnosis.sentence for f in report.failures if f.law == "entries"]
    assert told.startswith("Tap (")


def test_a_wrong_operator_is_rejected_also_where_only_its_adjoint_is():
    from scipy.sparse.linalg import LinearOperator

    right = verify.conv_matrix(KERNEL, SHAPE, format="operator")
    flipped = verify.conv_matrix(KERNEL[::-1, ::-1], SHAPE, format="operator")
    both = LinearOperator(
        right.shape, matvec=right.matvec, rmatvec=flipped.rmatvec, rmatmat=flipped.rmatmat, dtype=np.float32
    )
    report = verify.check_linear(convolution, both, SHAPE)
    assert [f.law for f in report.failures] == ["adjoint"]


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


@pytest.mark.parametrize("seed", [0, 1])
def test_the_lines_of_what_is_not_linear_draw_the_vectors_that_showed_it(seed, capsys):
    finding = verify.check_linear(np.square, np.eye(4), (4,), seed=seed).failures[0]
    assert finding.diagnosis.code == "not-linear"
    exec("\n".join(finding.reproduce), {"fun": np.square})
    both, apart = re.findall(r"\[[^]]*\]", capsys.readouterr().out)
    at = finding.index[0]
    assert float(both.strip("[]").split()[at]) == finding.actual
    assert float(apart.strip("[]").split()[at]) == finding.expected
