"""The lab `depth`: gradients that vanish in deep networks."""

from jaxcnn.labs.depth.gradients import trained_gradients, untrained_gradients
from jaxcnn.labs.depth.sections import activations, data, derivatives_verified, lecun_curves, scores
from jaxcnn.labs.depth.training import Config, train
from jaxcnn.labs.lab import Lab

LAB = Lab(
    "depth",
    "Vanishing gradients: depth and activation",
    "How much of the gradient is left after few and after many layers of relu, tanh, sigmoid and LeCun's activation?",
    Config,
    train,
    (data, activations, derivatives_verified, scores, trained_gradients, lecun_curves, untrained_gradients),
)
