"""The lab `backprop`: its subsets, and what it says of updates and of ties. Trained networks: thorough/."""

import dataclasses

import numpy as np
import pytest

from jaxcnn.labs.backprop.optimisers import by_updates, leading
from jaxcnn.labs.backprop.training import Config, load_subsets

CONFIG = dataclasses.replace(Config().quickened(), train_per_class=6, test_per_class=2, epochs=2, batch_sizes="")


def test_what_more_updates_do_is_told_for_each_optimiser_from_its_own_errors():
    told = by_updates({"a": [0.2, 0.5, 0.9], "b": [0.1, 0.2, 0.8], "c": [0.8, 0.9, 0.9], "d": [0.8, 0.9, 0.88]})
    assert told == (
        "From the fewest updates to the most, the test error goes like this: that of a and b falls with every step; "
        "that of c falls or stays; that of d goes up and down. "
    )
    assert "that of a rises or stays; that of b is always the same." in by_updates({"a": [0.9, 0.8], "b": [0.5, 0.5]})
    assert by_updates({"a": [0.9]}) == ""


def test_optimisers_within_a_standard_error_of_the_best_are_called_ties():
    error = "with a binomial standard error of 3.0 points: "  # sqrt(0.9 · 0.1 / 100)
    assert leading({"a": 0.9, "b": 0.88, "c": 0.86}, 100).endswith(f"**90.0 %**, {error}a and b tie within it.")
    assert leading({"a": 0.86, "b": 0.9}, 100).endswith(f"**90.0 %**, {error}b is ahead by more than that.")


def test_the_subsets_have_as_many_of_each_class_and_are_the_seeds():
    data = load_subsets(CONFIG)
    assert np.bincount(data.train.labels).tolist() == [6] * 10
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    other = load_subsets(dataclasses.replace(CONFIG, seed=1))
    assert load_subsets(CONFIG).train.sha256 == data.train.sha256 != other.train.sha256


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("batch_sizes=4;100", r"`batch_sizes` must be whole numbers with commas between, such as 4,100; got '4;100'"),
        ("batch_sizes=0", "`batch_size` must be a positive whole number; got 0"),
        ("train_per_class=0", "`train_per_class` must be a positive whole number; got 0"),
        ("decay=1", r"`decay` must be finite, above 0 and below 1; got 1\.0"),
        ("init=zeros", "`init` must be one of .*; got 'zeros'"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(setting, message):
    with pytest.raises(ValueError, match=message):
        Config().changed([setting])
    assert Config().changed(["batch_sizes="]).others == ()
