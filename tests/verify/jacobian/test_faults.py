"""What is said of a wrong block: the named fault that explains it, or where it is wrong."""

import numpy as np
import pytest

from verify.jacobian.faults import Block, diagnosed

OUTPUT, ARGUMENT = (4, 3), (2, 6)
RIGHT = np.random.default_rng(0).standard_normal((12, 12))
TINY = 1e-12


def block(found, right=RIGHT, **others):
    return Block(right, found, np.full(right.shape, TINY), {"x": right, **others}, OUTPUT, ARGUMENT)


def with_entries(rows, columns, value=lambda v: v + 1):
    found = RIGHT.copy()
    found[rows, columns] = value(found[rows, columns])
    return found


def exchanged(axis):
    order = np.arange(12)
    order[[3, 7]] = 7, 3
    return np.take(RIGHT, order, axis)


def moved(k, axis):
    """Rows or columns k places on, zeros in the places that become free."""
    found = np.zeros_like(RIGHT)
    source, goal = (np.moveaxis(a, axis, 0) for a in (RIGHT, found))
    goal[k:] = source[:-k]
    return found


OTHER = np.random.default_rng(1).standard_normal((12, 12))
DIAGONAL = np.eye(12, dtype=bool)

WRONG = {
    "minus": (-RIGHT, "sign", "minus the right one"),
    "zero": (0 * RIGHT, "zero", "is zero"),
    "transposed": (RIGHT.T, "transposed", "the right one transposed"),
    "twice": (2 * RIGHT, "constant-factor", "times 2"),
    "a third": (RIGHT / 3, "constant-factor", "times 0.333333"),
    "its diagonal": (np.where(DIAGONAL, RIGHT, 0), "diagonal-only", "the diagonal of the right one"),
    "by the argument in column-major order": (
        RIGHT.reshape(12, 2, 6).transpose(0, 2, 1).reshape(12, 12),
        "axes-reversed",
        "axes of its argument in reverse",
    ),
    "of the output in column-major order": (
        RIGHT.reshape(4, 3, 12).transpose(1, 0, 2).reshape(12, 12),
        "axes-reversed",
        "axes of its output in reverse",
    ),
    "rows in reverse": (RIGHT[::-1], "reversed", "rows in reverse"),
    "columns in reverse": (RIGHT[:, ::-1], "reversed", "columns in reverse"),
    "rows one late, going around": (np.roll(RIGHT, 1, 0), "shifted", "rows 1 places too late"),
    "columns two early, going around": (np.roll(RIGHT, -2, 1), "shifted", "columns 2 places too early"),
    "columns one late, zeros coming in": (moved(1, 1), "shifted", "columns 1 places too late"),
    "another argument's": (OTHER, "other-argument", "is that of `w`"),
    "two rows exchanged": (exchanged(0), "exchanged", "rows 3 and 7 are in each other's place"),
    "two columns exchanged": (exchanged(1), "exchanged", "columns 3 and 7 are in each other's place"),
    "one entry": (with_entries(5, 9), "one-entry", "row 5, column 9"),
    "NaN": (with_entries(5, 9, lambda v: v * np.nan), "one-entry", "row 5, column 9"),
    "one row": (with_entries(5, slice(2, 7)), "one-row", "Only row 5 is wrong."),
    "one row twice": (with_entries(5, slice(None), lambda v: 2 * v), "one-row", "it is the right one times 2"),
    "one column": (with_entries(slice(None), 4), "one-column", "Only column 4 is wrong"),
    "the diagonal": (RIGHT + 1.0 * DIAGONAL, "on-the-diagonal", "Only the diagonal is wrong"),
    "all but the diagonal": (RIGHT + 1.0 * ~DIAGONAL, "off-the-diagonal", "Everything is wrong but the diagonal"),
    "several entries": (with_entries([1, 2, 2], [3, 4, 5]), "entries", "3 of 144 entries are wrong, in 2 of 12 rows"),
}


@pytest.mark.parametrize(("found", "code", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_block_gets_its_name(found, code, told):
    diagnosis = diagnosed([block(found, w=OTHER)], "x")
    assert diagnosis.code == code
    assert told in diagnosis.sentence
    assert diagnosis.sentence.endswith(".")


def test_a_fault_that_does_not_explain_a_second_point_is_not_named():
    elsewhere = np.random.default_rng(2).standard_normal((12, 12))
    assert diagnosed([block(2 * RIGHT), block(2 * elsewhere, elsewhere)], "x").code == "constant-factor"
    assert diagnosed([block(2 * RIGHT), block(3 * elsewhere, elsewhere)], "x").code == "entries"


def test_a_block_that_is_not_square_is_no_transpose():
    right = RIGHT[:5]
    found = np.random.default_rng(3).standard_normal(right.shape)
    wide = Block(right, found, np.full(right.shape, TINY), {"x": right}, (5,), ARGUMENT)
    assert diagnosed([wide], "x").code == "entries"
