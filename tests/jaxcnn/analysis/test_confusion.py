"""Confusion matrices counted by hand."""

import numpy as np
import pytest

from jaxcnn.analysis import Confusion, Pair

CLASSES = ("cat", "dog", "cow")
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 2])
TAKEN_FOR = np.array([0, 0, 1, 1, 1, 0, 2, 2])
FOUND = Confusion.of(LABELS, TAKEN_FOR, CLASSES)


def test_rows_are_classes_and_columns_what_they_were_taken_for():
    np.testing.assert_array_equal(FOUND.counts, [[2, 2, 0], [1, 1, 1], [0, 0, 1]])
    assert FOUND.accuracy == 4 / 8


def test_recall_is_of_the_rows_and_precision_of_the_columns():
    np.testing.assert_allclose(FOUND.recall, [2 / 4, 1 / 3, 1])
    np.testing.assert_allclose(FOUND.precision, [2 / 3, 1 / 3, 1 / 2])


def test_the_hardest_class_is_the_one_least_recognised():
    assert FOUND.hardest() == ("dog", "cat", "cow")


def test_the_hardest_pairs_count_both_ways_and_begin_with_the_class_that_is_mistaken_more_often():
    assert FOUND.hardest_pairs() == (Pair("cat", "dog", 3, 3 / 7), Pair("dog", "cow", 1, 1 / 4))
    assert FOUND.hardest_pairs(1) == FOUND.hardest_pairs()[:1]


def test_a_class_without_examples_has_no_recall_and_is_not_among_the_hardest():
    found = Confusion.of(np.array([0, 1]), np.array([0, 0]), CLASSES)
    assert np.isnan(found.recall[2])
    assert np.isnan(found.precision[1:]).all()
    assert found.hardest() == ("dog", "cat")


def test_nothing_confused_has_no_pairs():
    assert Confusion.of(LABELS, LABELS, CLASSES).hardest_pairs() == ()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Confusion(np.eye(2, dtype=int), CLASSES),
            r"whole numbers, \(3, 3\) for 3 classes; got int64 \(2, 2\)",
        ),
        (lambda: Confusion(np.eye(3), CLASSES), "must be whole numbers"),
        (lambda: Confusion(-np.eye(3, dtype=int), CLASSES), r"at least 0 and not all 0; got -1 \.\. 0"),
        (lambda: Confusion(np.zeros((3, 3), int), CLASSES), r"not all 0; got 0 \.\. 0"),
        (lambda: Confusion.of(LABELS, TAKEN_FOR[1:], CLASSES), r"one prediction for each label; got \(7,\) for \(8,\)"),
        (lambda: Confusion.of(LABELS, TAKEN_FOR + 1, CLASSES), r"`taken_for` must be from 0 to 2; got 1 \.\. 3"),
        (lambda: Confusion.of(LABELS - 1, TAKEN_FOR, CLASSES), r"`labels` must be from 0 to 2; got -1 \.\. 1"),
    ],
)
def test_what_is_no_confusion_matrix_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
