"""Of a wrong matrix check_linear says which tap is wrong, and how."""

import jax.numpy as jnp
import numpy as np
import pytest

import verify
from tests.verify.linear._convolution import KERNEL, SHAPE, convolution, matrix_of
from tests.verify.linear._wrong_matrices import WRONG, one_tap_shifted
from tests.verify.matrices._definition import convolved


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
