"""The lab `house-numbers`: what it learns from, what decides when to stop, and images of other sizes."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from jaxcnn.datasets import Dataset, Provenance
from jaxcnn.labs.house_numbers import images
from jaxcnn.labs.house_numbers.images import fitted, lent, load_house_numbers
from jaxcnn.labs.house_numbers.sections import data, learning_curves, unused_told
from jaxcnn.labs.house_numbers.settings import Config
from jaxcnn.models import Evaluation
from jaxcnn.training import EpochRecord, Score

RANDOM = np.random.default_rng(0)


def drawn(count, shape=(32, 32, 3), name="svhn", content="part", split="train"):
    images = RANDOM.integers(0, 256, (count, *shape)).astype(np.uint8)
    labels = (np.arange(count) % 10).astype(np.int32)
    return Dataset(images, labels, tuple("0123456789"), Provenance(name, split, "original files", content))


def loaded(monkeypatch, content, config, **changes):
    """Return what the lab loads where the data have 200 training and 90 test images."""
    sets = {"train": drawn(200, content=content), "test": drawn(90, content=content, split="test")}
    monkeypatch.setattr(images, "load", lambda name, split, data_dir: sets[split])
    return sets, load_house_numbers(dataclasses.replace(config, **changes))


def test_of_the_whole_data_as_many_are_held_out_as_the_settings_say(monkeypatch):
    _, found = loaded(monkeypatch, "published", Config(validation=33))
    assert (len(found.train), len(found.validation), len(found.test)) == (167, 33, 90)


def test_of_a_part_a_tenth_is_held_out_at_random(monkeypatch):
    sets, found = loaded(monkeypatch, "part", Config(validation=33))
    assert (len(found.train), len(found.validation)) == (180, 20)
    both = [image.tobytes() for image in (*found.train.images, *found.validation.images)]
    assert sorted(both) == sorted(image.tobytes() for image in sets["train"].images)
    assert not np.array_equal(found.validation.images, sets["train"].images[-20:])
    _, other = loaded(monkeypatch, "part", Config(validation=33), seed=1)
    assert other.validation.sha256 != found.validation.sha256


def test_borrowed_images_are_the_first_ones_of_the_test_images_and_leave_them(monkeypatch):
    sets, found = loaded(monkeypatch, "part", Config(), borrowed=60)
    assert (len(found.train), len(found.validation), len(found.test)) == (234, 26, 30)
    np.testing.assert_array_equal(found.test.images, sets["test"].images[60:])
    learned = {image.tobytes() for image in (*found.train.images, *found.validation.images)}
    assert learned == {image.tobytes() for image in (*sets["train"].images, *sets["test"].images[:60])}
    assert "with the first 60 of split 'test'" in found.train.provenance.steps


def test_the_report_says_when_test_images_are_learned_from(monkeypatch):
    said = "**The first 60 test images are among those for training and validation**"
    for borrowed in (0, 60):
        config = Config(borrowed=borrowed)
        _, found = loaded(monkeypatch, "part", config)
        assert (said in data(SimpleNamespace(config=config, data=found)).blocks[0].text) == bool(borrowed)


def test_the_report_says_since_which_epoch_the_loss_had_not_fallen():
    losses = [0.9, 0.5, 0.6, 0.7]
    history = [EpochRecord(k, Score(1, 0.5), {"validation": Score(loss, 0.5)}, 1) for k, loss in enumerate(losses, 1)]
    network, evaluation = SimpleNamespace(history=history), Evaluation(9, 0.5, 0.5, ())
    run = SimpleNamespace(config=Config(patience=2), network=network, evaluation=evaluation)
    told = learning_curves(run).blocks[0].text
    assert "ended after epoch 4: the validation loss had not fallen since epoch 2 (patience 2)" in told


def test_poolings_that_leave_nothing_out_are_not_told_of():
    told = unused_told([(2, 2), (0, 1), (0, 0)])
    assert told.endswith("no window: 2 of the rows and 2 of the columns at pooling 1, 1 of the columns at pooling 2. ")
    assert unused_told([(0, 0)]) == ""


def test_smaller_grey_images_lie_in_the_middle_of_a_black_frame_in_equal_channels():
    small = drawn(3, (28, 27, 1))
    found = fitted(small)
    assert found.images.shape == (3, 32, 32, 3)
    for channel in range(3):
        np.testing.assert_array_equal(found.images[:, 2:30, 2:29, channel], small.images[..., 0])
    assert int(found.images.sum()) == 3 * int(small.images.sum())
    np.testing.assert_array_equal(found.labels, small.labels)
    whole = drawn(2)
    assert fitted(whole) is whole


@pytest.mark.parametrize("shape", [(33, 32, 3), (28, 28, 2)])
def test_images_that_cannot_be_fitted_are_refused(shape):
    with pytest.raises(ValueError, match=r"at most 32 x 32 pixels, grey or in three colours; those of svhn are \d\d x"):
        fitted(drawn(2, shape))


def test_settings_out_of_their_range_are_refused():
    with pytest.raises(ValueError, match=r"`borrowed` must leave at least one of 9 test images; got 9"):
        lent(drawn(5), drawn(9), 9)
    with pytest.raises(ValueError, match="`borrowed` must be a whole number from 0; got -1"):
        Config(borrowed=-1)
    with pytest.raises(ValueError, match="`patience` must be a positive whole number; got 0"):
        Config(patience=0)
