"""The lab itself: what it trains, and the sections of its report in order."""

from jaxcnn.labs.data import LabData
from jaxcnn.labs.lab import Lab
from jaxcnn.labs.mlp_vs_cnn.by_calls import four_calls
from jaxcnn.labs.mlp_vs_cnn.convolutional import convolutional_network, network_over_fitting, network_scores
from jaxcnn.labs.mlp_vs_cnn.jacobians import jacobians
from jaxcnn.labs.mlp_vs_cnn.over_fitting import perceptron_over_fitting
from jaxcnn.labs.mlp_vs_cnn.perceptron import data, derivatives_verified, perceptron
from jaxcnn.labs.mlp_vs_cnn.run import Run, run
from jaxcnn.labs.mlp_vs_cnn.scores import hardest_digits, perceptron_scores, templates_of_units
from jaxcnn.labs.mlp_vs_cnn.settings import Config
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.verification import check
from jaxcnn.zoo import MLP, TUTORIAL


def train(config: Config, data: LabData, progress: Progress = SILENT) -> Run:
    """Train every perceptron and every convolutional network, by rules that have been verified before."""
    check(MLP, TUTORIAL, input_shape=data.train.images.shape[1:], quick=config.quick, dropout=config.options)
    return run(config, data, progress)


LAB = Lab(
    "mlp-vs-cnn",
    "A perceptron from scratch beside a convolutional network",
    "How far does a perceptron of one hidden layer get with handwritten digits, what does it learn, when does it "
    "over-fit, and what does a small convolutional network add?",
    Config,
    train,
    (
        data,
        perceptron,
        jacobians,
        four_calls,
        derivatives_verified,
        perceptron_over_fitting,
        perceptron_scores,
        hardest_digits,
        templates_of_units,
        convolutional_network,
        network_over_fitting,
        network_scores,
    ),
)
