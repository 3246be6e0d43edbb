"""check_adjoint and check_equivariance: what they accept and what they must not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import verify

SHAPE = (5, 6, 2)
KERNEL = np.random.default_rng(0).standard_normal((3, 3, 2, 4)).astype(np.float32)
OPTIONS = {"strides": (2, 1), "padding": ((1, 0), (2, 1))}
PAIR = verify.conv_matrix(KERNEL, SHAPE, format="pair", **OPTIONS)


def test_a_convolution_and_its_adjoint_are_accepted():
    report = verify.check_adjoint(PAIR.apply, PAIR.adjoint, SHAPE)
    assert report.ok, str(report)
    assert {f.law for f in report.passed} == {"linear", "adjoint", "entries"}


def test_an_adjoint_of_the_flipped_kernel_is_rejected_and_named():
    flipped = verify.conv_matrix(KERNEL[::-1, ::-1], SHAPE, format="pair", **OPTIONS)
    report = verify.check_adjoint(PAIR.apply, flipped.adjoint, SHAPE)
    told = {f.law: f.diagnosis.code for f in report.failures}
    assert told == {"adjoint": "not-adjoint", "entries": "kernel-flipped"}


def test_an_adjoint_without_one_tap_is_rejected_the_tap_named_and_the_entry_printed_again(capsys):
    faulty = KERNEL.copy()
    faulty[0, 2] = 0
    other = verify.conv_matrix(faulty, SHAPE, format="pair", **OPTIONS)
    report = verify.check_adjoint(PAIR.apply, other.adjoint, SHAPE)
    (finding,) = [f for f in report.failures if f.law == "entries"]
    assert finding.diagnosis.sentence == "Tap (0, 2) at input offset (-1, 0) is missing."
    exec("\n".join(finding.reproduce), {"fun": PAIR.apply, "adjoint": other.adjoint})
    assert [np.float32(line) for line in capsys.readouterr().out.split()] == [finding.expected, finding.actual]


def test_an_adjoint_of_another_shape_or_one_that_is_not_linear_is_rejected():
    report = verify.check_adjoint(PAIR.apply, lambda y: PAIR.adjoint(y)[1:], SHAPE)
    assert [f.diagnosis.code for f in report.failures] == ["shape"]
    report = verify.check_adjoint(PAIR.apply, lambda y: jnp.maximum(PAIR.adjoint(y), 0), SHAPE)
    assert ("linear", "adjoint") in [(f.law, f.argument) for f in report.failures]


def test_one_wrong_entry_of_a_large_adjoint_is_followed_to_its_place():
    kernel, shape = np.random.default_rng(1).standard_normal((3, 3, 4, 4)).astype(np.float32), (40, 40, 4)
    pair = verify.conv_matrix(kernel, shape, format="pair")
    assert verify.check_adjoint(pair.apply, pair.adjoint, shape).ok

    def faulty(y):
        return pair.adjoint(y).at[20, 7, 1].add(y[21, 8, 3])

    (finding,) = verify.check_adjoint(pair.apply, faulty, shape).failures
    row, column = (21 * 40 + 8) * 4 + 3, (20 * 40 + 7) * 4 + 1
    assert finding.diagnosis.sentence.startswith(f"Followed by halves to entry [{row}, {column}]")


def convolution(strides=(1, 1), padding="SAME", input_dilation=None):
    return lambda image: lax.conv_general_dilated(
        image[None], KERNEL, strides, padding, input_dilation, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )[0]


def around(image):
    return convolution(padding="VALID")(jnp.pad(image, ((1, 1), (1, 1), (0, 0)), mode="wrap"))


@pytest.mark.parametrize(
    ("fun", "options"),
    [
        (convolution(), {"axes": (0, 1)}),
        (convolution(strides=(2, 2)), {"axes": (0, 1), "strides": 2}),
        (convolution(padding=((1, 2), (1, 2)), input_dilation=(2, 2)), {"axes": (0, 1), "input_dilation": 2}),
        (around, {"axes": (0, 1), "circular": True}),
        (lambda x: jnp.cumsum(x, axis=0), {"axes": 0}),
    ],
    ids=["SAME", "strided", "transposed", "circular", "running sum"],
)
def test_what_commutes_with_shifts_is_accepted(fun, options):
    report = verify.check_equivariance(fun, SHAPE, **options)
    assert report.ok, str(report)
    assert "shift equivariance" in {f.law for f in report.passed}


@pytest.mark.parametrize(
    ("fun", "options"),
    [
        (convolution(), {"axes": 0, "circular": True}),
        (convolution(strides=(2, 2)), {"axes": 1, "strides": 1}),
        (lambda x: x * jnp.arange(5.0)[:, None, None].repeat(6, 1).repeat(2, 2), {"axes": 0}),
        (lambda x: x[::-1], {"axes": 0}),
        (lambda x: convolution()(x).at[0].multiply(2), {"axes": 0}),
    ],
    ids=["zero padding around", "another stride", "a gain that varies", "reversed", "a border that is treated apart"],
)
def test_what_does_not_commute_with_shifts_is_rejected(fun, options):
    report = verify.check_equivariance(fun, SHAPE, **options)
    assert [f.law for f in report.failures] == ["shift equivariance"]
    assert "moves by" in report.failures[0].diagnosis.sentence


@pytest.mark.parametrize("end", [0, -1])
def test_both_ends_of_a_long_axis_are_looked_at(end):
    report = verify.check_equivariance(lambda x: x.at[end].multiply(2), 997, axes=0)
    assert [f.law for f in report.failures] == ["shift equivariance"]


@pytest.mark.parametrize(
    ("axes", "options", "message"),
    [
        (3, {}, r"^`axes` must be axes of inputs \(5, 6, 2\) and outputs \(5, 6, 4\); got 3\."),
        ("a", {}, r"^`axes` must be axes of inputs .*; got 'a'\."),
        (0, {"strides": 0}, r"^`strides` must be a positive whole number; got 0\."),
        (0, {"strides": 5}, r"^Axis 0 is too short to move along"),
    ],
)
def test_an_axis_that_cannot_be_moved_along_is_told_in_a_sentence(axes, options, message):
    with pytest.raises(ValueError, match=message):
        verify.check_equivariance(convolution(), SHAPE, axes=axes, **options)


def test_a_report_of_these_checks_reaches_those_who_watch():
    from verify.observers import watching

    seen = []
    with watching(seen.append):
        verify.check_adjoint(PAIR.apply, PAIR.adjoint, SHAPE)
    assert [report.ok for report in seen] == [True]


def test_as_matrix_tells_affine_functions_from_linear_ones():
    affine = verify.as_matrix(lambda x: 2 * x + 1, 3, affine=True)
    np.testing.assert_array_equal(affine.matrix, 2 * np.eye(3))
    np.testing.assert_array_equal(affine.offset, np.ones(3))
    with pytest.raises(ValueError, match=r"sends 0 to something else, so it is affine at best: with affine=True"):
        verify.as_matrix(lambda x: 2 * x + 1, 3)


def test_as_matrix_takes_numpy_and_jax_in_every_float_and_complex_dtype():
    for dtype in (np.float32, np.float64, np.complex128, jnp.bfloat16):
        for fun in (lambda x: x[::-1], lambda x: jnp.flip(x)):
            matrix = verify.as_matrix(fun, 3, dtype=dtype)
            assert matrix.dtype == dtype
            np.testing.assert_array_equal(matrix.astype(np.complex128), np.eye(3)[::-1])
    with pytest.raises(TypeError, match=r"^`dtype` must be floating or complex; got int32\."):
        verify.as_matrix(jax.numpy.flip, 3, dtype=np.int32)


def test_an_adjoint_that_is_no_function_is_told_in_a_sentence():
    with pytest.raises(TypeError, match=r"^`adjoint` must be callable; got int\."):
        verify.check_adjoint(jnp.negative, 3, 3)
