"""Entry by entry, and nothing that is not finite passes by accident."""

import numpy as np
import pytest

from verify import compare

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("found", "expected", "ratio"),
    [
        (1.0, 1.0, 0.0),
        (1.5, 1.0, 0.5),
        (3.0, 1.0, 2.0),
        (0.0, -0.0, 0.0),
        (INF, INF, 0.0),
        (-INF, -INF, 0.0),
        (INF, -INF, INF),
        (INF, 1.0, INF),
        (1.0, INF, INF),
        (NAN, 1.0, INF),
        (1.0, NAN, INF),
        (NAN, NAN, INF),
    ],
)
def test_the_ratio_is_error_over_tolerance_and_infinite_unless_both_are_finite_or_equal(found, expected, ratio):
    assert compare.ratios(np.asarray([found]), np.asarray([expected]), 1.0)[0] == ratio


def test_nan_equals_nan_only_where_the_caller_says_so():
    nan, one = np.asarray([NAN]), np.asarray([1.0])
    assert compare.worst(nan, nan, 0.0, nan_equal=True).holds
    assert not compare.worst(nan, nan, 0.0).holds
    assert not compare.worst(nan, one, 1e9, nan_equal=True).holds


@pytest.mark.parametrize("allowed", [INF, NAN], ids=["infinite", "NaN"])
def test_no_tolerance_excuses_nan(allowed):
    assert not compare.worst(np.asarray([NAN]), np.asarray([1.0]), allowed).holds


def test_a_tolerance_of_zero_asks_for_equality():
    one = np.asarray([1.0])
    assert compare.worst(one, one, 0.0).holds
    assert not compare.worst(np.nextafter(one, 2), one, 0.0).holds


def test_the_worst_entry_is_the_one_with_the_largest_ratio_and_not_the_largest_error():
    found = np.asarray([[10.0, 2.0], [3.0, 4.5]])
    expected = np.asarray([[0.0, 2.0], [3.0, 4.0]])
    allowed = np.asarray([[100.0, 1.0], [1.0, 0.25]])
    entry = compare.worst(found, expected, allowed)
    assert entry.index == (1, 1)
    assert not entry.holds
    assert entry.fields() == {"index": (1, 1), "actual": 4.5, "expected": 4.0, "error": 0.5, "tolerance": 0.25}
    assert entry.margin() == {"error": 0.5, "tolerance": 0.25}


def test_a_nan_entry_is_worse_than_any_finite_one():
    entry = compare.worst(np.asarray([1e30, NAN]), np.asarray([0.0, 0.0]), 1.0)
    assert entry.index == (1,)
    assert np.isnan(entry.actual)


def test_one_wrong_entry_of_many_is_found():
    found = np.zeros((100, 100))
    found[17, 93] = 1e-3
    assert compare.worst(found, np.zeros((100, 100)), 1e-4).index == (17, 93)


@pytest.mark.parametrize("shape", [(0,), (2, 0)], ids=str)
def test_arrays_without_entries_are_equal(shape):
    assert compare.worst(np.zeros(shape), np.zeros(shape), 0.0).holds


def test_integer_and_half_precision_arrays_are_compared_in_float64():
    entry = compare.worst(np.asarray([1.5], np.float16), np.asarray([1], np.int32), 1.0)
    assert (entry.error, entry.ratio) == (0.5, 0.5)
