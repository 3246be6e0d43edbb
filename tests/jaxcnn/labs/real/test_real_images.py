"""What the labs learn from, of the data sets themselves: `pytest --data DIR`, svhn/ whole or in part."""

import numpy as np
import pytest

from jaxcnn.datasets import load
from jaxcnn.labs.backprop.training import Config as BackpropConfig
from jaxcnn.labs.backprop.training import load_subsets
from jaxcnn.labs.house_numbers.images import load_house_numbers
from jaxcnn.labs.house_numbers.settings import Config as HouseNumbersConfig


@pytest.fixture
def directory(request):
    return str(request.config.getoption("--data").resolve())


def test_of_mnist_a_thousand_images_are_learned_from_and_a_hundred_are_scored(directory):
    data = load_subsets(BackpropConfig(data_dir=directory))
    assert np.bincount(data.train.labels).tolist() == [100] * 10
    assert np.bincount(data.test.labels).tolist() == [10] * 10


def test_of_house_numbers_a_tenth_or_7326_are_held_out_and_the_test_images_are_left_alone(directory):
    data, train = load_house_numbers(HouseNumbersConfig(data_dir=directory)), load("svhn", "train", directory)
    held = 7326 if len(train) == 73_257 else len(train) // 10
    assert (len(data.train), len(data.validation)) == (len(train) - held, held)
    assert data.test.sha256 == load("svhn", "test", directory).sha256
