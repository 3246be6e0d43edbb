"""The lab `filters`: a convolutional network whose first layer computes derivatives."""

from jaxcnn.labs.filters.derivatives import derivatives
from jaxcnn.labs.filters.known_images import known_images
from jaxcnn.labs.filters.learning_rate import learning_rate
from jaxcnn.labs.filters.sections import data, derivatives_verified, first_layer, learning_curves, network
from jaxcnn.labs.filters.training import Config, train
from jaxcnn.labs.lab import Lab

LAB = Lab(
    "filters",
    "A convolutional network whose first layer computes derivatives",
    "Do the filters that a network learns for handwritten digits approximate derivatives of the image?",
    Config,
    train,
    (data, network, derivatives_verified, learning_curves, learning_rate, first_layer, derivatives, known_images),
)
