"""Smaller data sets from larger ones, and numbers about them."""

import numpy as np
import pytest

from jaxcnn.datasets import DataError, Dataset, Provenance, hold_out, per_class, statistics

NOWHERE = Provenance("made", "train", "folder", "unchecked")


def made(counts=(30, 20, 10), channels=1):
    """Return a data set in which every image holds its own number, so that it can be followed."""
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.int32)
    images = np.broadcast_to(np.arange(len(labels), dtype=np.uint8)[:, None, None, None], (len(labels), 2, 3, channels))
    return Dataset(images.copy(), labels, tuple("abc"), NOWHERE)


def numbers(dataset):
    return dataset.images[:, 0, 0, 0]


def test_per_class_takes_as_many_of_each_and_none_twice():
    found = per_class(made(), 10)
    np.testing.assert_array_equal(np.bincount(found.labels), [10, 10, 10])
    assert len(set(numbers(found))) == 30
    np.testing.assert_array_equal(found.labels, made().labels[numbers(found)])
    assert found.provenance.steps == ("10 per class, seed 0",)
    assert (np.diff(found.labels) < 0).any()


def test_the_seed_decides_which_and_repeats_it():
    once, again, other = (numbers(per_class(made(), 5, seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(once, again)
    assert (once != other).any()


@pytest.mark.parametrize(
    ("count", "message"), [(11, "`count` must be at most 10, the examples of class 'c'; got 11"), (0, "at least 1")]
)
def test_more_than_a_class_has_is_refused(count, message):
    with pytest.raises(ValueError, match=message):
        per_class(made(), count)


@pytest.mark.parametrize(("amount", "held"), [(7, 7), (0.25, 15), (0.999, 59)])
def test_what_is_held_out_and_what_is_kept_are_everything_once_and_in_order(amount, held):
    kept, out = hold_out(made(), amount, seed=1)
    assert (len(kept), len(out)) == (60 - held, held)
    np.testing.assert_array_equal(np.sort(np.concatenate([numbers(kept), numbers(out)])), np.arange(60))
    assert (np.diff(numbers(kept).astype(int)) > 0).all()
    np.testing.assert_array_equal(out.labels, made().labels[numbers(out)])


def test_without_a_seed_the_last_ones_are_held_out():
    kept, out = hold_out(made(), 10, seed=None)
    np.testing.assert_array_equal(numbers(kept), np.arange(50))
    np.testing.assert_array_equal(numbers(out), np.arange(50, 60))
    assert out.provenance.steps == ("10 held out, the last ones",)


def test_by_class_the_same_share_of_each_is_held_out():
    kept, out = hold_out(made(), 0.1, by_class=True)
    np.testing.assert_array_equal(np.bincount(out.labels), [3, 2, 1])
    np.testing.assert_array_equal(np.bincount(kept.labels), [27, 18, 9])


@pytest.mark.parametrize("amount", [0, 60, -1, 0.0, 1.0, 0.001, float("nan")])
def test_holding_out_nothing_or_everything_is_refused(amount):
    with pytest.raises(ValueError, match="`amount` must leave and hold out at least one of 60 examples"):
        hold_out(made(), amount)


@pytest.mark.parametrize(("amount", "seed"), [(5, 0), (0.5, None)])
def test_by_class_needs_a_share_and_a_seed(amount, seed):
    with pytest.raises(ValueError, match="`by_class` needs a share"):
        hold_out(made(), amount, seed=seed, by_class=True)


def test_statistics_are_those_of_numpy():
    images = np.random.default_rng(0).integers(0, 256, (5000, 3, 2, 3), np.uint8)
    found = statistics(Dataset(images, np.zeros(5000, np.int32), ("a", "b"), NOWHERE))
    np.testing.assert_allclose(found.mean, (images / 255).mean(axis=(0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(found.std, (images / 255).std(axis=(0, 1, 2)), rtol=1e-13)
    assert (found.examples, found.shape, found.class_counts) == (5000, (3, 2, 3), (5000, 0))


def test_the_statistics_of_equal_pixels_are_exact():
    found = statistics(Dataset(np.full((7, 2, 2, 1), 255, np.uint8), np.zeros(7, np.int32), ("a",), NOWHERE))
    assert (found.mean, found.std) == ((1.0,), (0.0,))


IMAGES, LABELS = np.zeros((2, 3, 3, 1), np.uint8), np.zeros(2, np.int32)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.astype(float), LABELS, r"`images` must be \(N, H, W, C\) uint8; got \(2, 3, 3, 1\) float64"),
        (IMAGES[..., 0], LABELS, r"`images` must be \(N, H, W, C\) uint8; got \(2, 3, 3\) uint8"),
        (IMAGES, LABELS.astype(np.uint8), r"`labels` must be \(N,\) int32; got \(2,\) uint8"),
        (IMAGES, LABELS[:, None], r"`labels` must be \(N,\) int32; got \(2, 1\) int32"),
        (IMAGES, LABELS[:1], "2 images but 1 labels"),
        (IMAGES[:0], LABELS[:0], "there are no images"),
        (IMAGES, LABELS - 1, r"label -1 of image 0 is not in 0 \.\. 1, and 1 more like it"),
        (IMAGES, LABELS + 2, r"label 2 of image 0 is not in 0 \.\. 1"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(images, labels, message):
    with pytest.raises(DataError, match=f"^made, split 'train': {message}"):
        Dataset(images, labels, ("a", "b"), NOWHERE)
