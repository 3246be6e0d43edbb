"""The bounds hold for products in any order, and the probable one is the finer."""

import numpy as np
import pytest

from jaxcnn.matrices.rounding import Rounding


def problem(dtype, terms):
    random = np.random.default_rng(terms)
    matrix, values = (random.standard_normal(shape).astype(dtype) for shape in ((8, terms), (terms, 5)))
    offset = random.standard_normal(8).astype(dtype)
    exact = matrix.astype(np.float64) @ values.astype(np.float64) + offset.astype(np.float64)[:, None]
    return matrix, values, offset, exact


def by_turns(matrix, values, offset):
    """Term by term in the dtype itself, first to last: the order that rounds most."""
    total = np.zeros((len(matrix), values.shape[1]), matrix.dtype)
    for column, row in zip(matrix.T, values, strict=True):
        total = total + column[:, None] * row[None]
    return total + offset[:, None]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("probable", [False, True], ids=["proved", "probable"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_products_are_within_the_bound_in_any_order(dtype, probable, backwards):
    matrix, values, offset, exact = problem(dtype, 200)
    order = slice(None, None, -1 if backwards else 1)
    found = by_turns(matrix[:, order], values[order], offset)
    rounding = Rounding(dtype, probable)
    sizes = (np.abs(part).astype(np.float64) for part in (matrix, offset, values))
    bound = rounding.of_products(*sizes, np.zeros(values.shape), 200)
    off = np.abs(found.astype(np.float64) - exact)
    assert np.all(off <= bound)
    assert np.any(off > 0)


def test_what_the_inputs_are_off_by_is_carried_along():
    matrix, values, offset, exact = problem(np.float32, 50)
    error = np.full(values.shape, 1e-3)
    moved = matrix.astype(np.float64) @ (values + 1e-3 * np.sign(matrix[0])[:, None]) + offset[:, None]
    sizes = (np.abs(part).astype(np.float64) for part in (matrix, offset, values))
    bound = Rounding(np.float32).of_products(*sizes, error, 50)
    off = np.abs(moved - exact)
    assert np.all(off <= bound)
    np.testing.assert_allclose(off[0], bound[0], rtol=0.01)  # the worst there can be, for the first row


def test_the_probable_bound_is_finer_for_long_sums_and_the_proved_one_for_short_ones():
    proved, probable = Rounding(np.float32), Rounding(np.float32, probable=True)
    assert proved.gamma(10) < probable.gamma(10)
    assert probable.gamma(10_000) < proved.gamma(10_000) / 10
