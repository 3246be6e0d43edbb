"""The lab `best-digits`: the classifier of handwritten digits that bears most of what other people do to them."""

from jaxcnn.labs.best_digits.robustness import other_writers, robustness
from jaxcnn.labs.best_digits.scores import test_images
from jaxcnn.labs.best_digits.sections import data, derivatives_verified, learning_curves, model_file, network
from jaxcnn.labs.best_digits.training import Config, train
from jaxcnn.labs.lab import Lab

LAB = Lab(
    "best-digits",
    "The best classifier of handwritten digits",
    "How well does a network that has seen one country's handwriting read the digits of others, however they come?",
    Config,
    train,
    (
        data,
        network,
        derivatives_verified,
        learning_curves,
        test_images,
        robustness,
        other_writers,
        model_file,
    ),
)
