"""The lab `backprop`: a small convolutional network trained by hand-derived back-propagation."""

from jaxcnn.labs.backprop.features import activation_maps, bottleneck
from jaxcnn.labs.backprop.optimisers import batch_sizes, learning_curves, updates_by_hand
from jaxcnn.labs.backprop.sections import data, derivatives_verified, network
from jaxcnn.labs.backprop.training import Config, load_subsets, train
from jaxcnn.labs.lab import Lab

LAB = Lab(
    "backprop",
    "A small convolutional network, trained by hand-derived back-propagation",
    "How do SGD, momentum and RMSProp train a small convolutional network, when every derivative is written by hand?",
    Config,
    train,
    (
        data,
        network,
        derivatives_verified,
        learning_curves,
        batch_sizes,
        updates_by_hand,
        activation_maps,
        bottleneck,
    ),
    load_subsets,
)
