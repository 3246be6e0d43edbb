"""The best options of the lab `mlp-vs-cnn` on MNIST itself: `pytest --data DIR`."""

import pytest

from jaxcnn.labs.data import load_data
from jaxcnn.labs.mlp_vs_cnn.options import TOGETHER
from jaxcnn.labs.mlp_vs_cnn.settings import Config, splits
from jaxcnn.training import train
from jaxcnn.zoo import MLP, TUTORIAL


@pytest.fixture(scope="module")
def parts(request):
    config = Config(data_dir=str(request.config.getoption("--data").resolve()))
    return splits(config, load_data(config))


def together(options):
    (found,) = (settings for option, settings in options.items() if option.name == TOGETHER)
    return found


@pytest.mark.parametrize(
    ("network", "settings", "least"),
    [(MLP, together(Config().perceptron_options()), 0.98), (TUTORIAL, together(Config().network_options()), 0.99)],
    ids=["perceptron", "convolutional network"],
)
def test_all_options_together_reach_what_the_assignment_asks_for(network, settings, least, parts):
    _, history = train(network, settings, parts.many, {"test": parts.test})
    assert history[-1].scores["test"].accuracy >= least


def test_the_convolutional_network_as_given_recognises_98_percent(parts):
    _, history = train(TUTORIAL, Config().network(), parts.many, {"test": parts.test})
    assert history[-1].scores["test"].accuracy > 0.98
