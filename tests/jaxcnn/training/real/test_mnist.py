"""The `filters` network on MNIST itself: `pytest --data DIR`."""

import pytest

from jaxcnn.datasets import load
from jaxcnn.training import TrainConfig, train
from jaxcnn.zoo import FILTERS


@pytest.fixture
def directory(request):
    return request.config.getoption("--data").resolve()


def test_two_epochs_recognise_98_5_percent_of_the_test_images(directory):
    config = TrainConfig(optimizer="adam", learning_rate=0.001, schedule="cosine", batch_size=64, epochs=2)
    data = {split: load("mnist", split, directory) for split in ("train", "test")}
    _, history = train(FILTERS, config, data["train"], {"test": data["test"]})
    assert history[-1].scores["test"].accuracy >= 0.985
