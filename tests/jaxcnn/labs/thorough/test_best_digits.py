"""The last epochs of the lab `best-digits`."""

import numpy as np

from jaxcnn.datasets import load, load_scans
from jaxcnn.labs.best_digits.training import with_scans
from jaxcnn.photographs import digit_of


def test_the_last_epochs_add_the_scans_for_training_and_none_that_are_held_out():
    digits = load("digits", "train")
    few = digits.take(np.arange(10), "ten")
    more, (scans, labels) = with_scans(few), load_scans("train")
    assert len(more) == 10 + 6 * len(scans)
    np.testing.assert_array_equal(more.images[:10], few.images)
    np.testing.assert_array_equal(more.images[10], digit_of(scans[0]))
    np.testing.assert_array_equal(more.images[10 + len(scans)], digits.images[0])  # enlarged
    np.testing.assert_array_equal(more.labels[10:], np.tile(labels, 6))
    held, _ = load_scans("test")
    assert not {scan.tobytes() for scan in scans} & {scan.tobytes() for scan in held}
