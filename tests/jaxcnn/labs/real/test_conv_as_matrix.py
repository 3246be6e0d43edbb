"""The network of free design on Fashion-MNIST itself: `pytest --data DIR`."""

import dataclasses

from jaxcnn.labs.conv_as_matrix.run import free_training
from jaxcnn.labs.conv_as_matrix.settings import Config
from jaxcnn.labs.data import load_data


def test_four_epochs_recognise_90_percent_of_the_test_images(request):
    config = dataclasses.replace(Config(data_dir=str(request.config.getoption("--data").resolve())), epochs=4)
    training = free_training(config, load_data(config))
    *_, (_, record) = training.epochs()
    assert record.scores["test"].accuracy >= 0.9
