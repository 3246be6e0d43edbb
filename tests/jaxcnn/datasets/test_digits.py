"""The digits: their form, the split, and what is said where scikit-learn is missing."""

import sys

import numpy as np
import pytest

from jaxcnn.datasets import load_digits, scaled


def test_images_and_labels_have_the_form_of_mnist():
    images, labels = load_digits("train")
    assert (images.shape, images.dtype) == ((1442, 28, 28, 1), np.uint8)
    assert (labels.shape, labels.dtype) == ((1442,), np.int32)
    assert images.max() == 255
    frame = images.copy()
    frame[:, 4:-4, 4:-4] = 0
    assert not frame.any()


def test_every_digit_is_held_out_in_the_same_proportion():
    train, test = (np.bincount(load_digits(split)[1], minlength=10) for split in ("train", "test"))
    np.testing.assert_array_equal(test, (train + test) // 5)
    assert train.sum() + test.sum() == 1797


def test_the_splits_of_one_seed_share_no_example():
    both = np.concatenate([load_digits("train")[0], load_digits("test")[0]]).reshape(1797, -1)
    everything = np.concatenate([load_digits("train", seed=1)[0], load_digits("test", seed=1)[0]]).reshape(1797, -1)
    np.testing.assert_array_equal(np.sort(both.sum(axis=1)), np.sort(everything.sum(axis=1)))


def test_the_seed_decides_the_split_and_repeats_it():
    np.testing.assert_array_equal(load_digits("test", seed=3)[0], load_digits("test", seed=3)[0])
    assert (load_digits("test", seed=3)[0] != load_digits("test", seed=4)[0]).any()


def test_an_unknown_split_is_named():
    with pytest.raises(ValueError, match=r"^`split` must be 'train' or 'test'; got 'valid'\.$"):
        load_digits("valid")


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[digits\]'"):
        load_digits()


def test_scaling_reaches_both_ends():
    pixels = np.array([0, 51, 255], np.uint8)
    np.testing.assert_array_equal(scaled(pixels), np.float32([0, 0.2, 1]))
    np.testing.assert_array_equal(scaled(pixels, -1, 1), np.float32([-1, -0.6, 1]))


def test_scaling_twice_is_noticed():
    with pytest.raises(TypeError, match=r"^`images` must be uint8 pixels; got float32: are they scaled already"):
        scaled(scaled(np.zeros(3, np.uint8)))
