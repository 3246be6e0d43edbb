"""Matrices that are not that of the convolution: each with the code and the words that name its fault."""

import numpy as np

from tests.verify.linear._convolution import KERNEL, matrix_of


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
