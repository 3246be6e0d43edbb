"""The lab `conv-as-matrix`: settings that fit neither it nor its data. Its sections: thorough/."""

import dataclasses

import numpy as np
import pytest

from jaxcnn.labs.conv_as_matrix.lab import train
from jaxcnn.labs.conv_as_matrix.settings import Config
from jaxcnn.labs.data import LabData, load_data

CONFIG = dataclasses.replace(Config().quickened(), epochs=1, batch_size=64, images=40)


@pytest.fixture(scope="module")
def data():
    found = load_data(CONFIG)
    return LabData(found.train.take(np.arange(512), "the first 512"), found.test)


def test_settings_that_do_not_fit_are_refused(data):
    with pytest.raises(ValueError, match=r"^`image` must be below 355, the number of test images; got 355\.$"):
        train(dataclasses.replace(CONFIG, image=355), data)
    with pytest.raises(ValueError, match=r"^`images` must be .*; got 0"):
        Config(images=0)
    with pytest.raises(ValueError, match=r"^`dropout` must be at least 0 and below 1; got 1\.0\.$"):
        Config(dropout=1.0)
