"""The lab `house-numbers`: digits of house numbers in photographs, with early stopping."""

from jaxcnn.labs.house_numbers.images import load_house_numbers
from jaxcnn.labs.house_numbers.outputs import filter_outputs
from jaxcnn.labs.house_numbers.sections import confusion, data, derivatives_verified, learning_curves, network
from jaxcnn.labs.house_numbers.settings import Config
from jaxcnn.labs.house_numbers.training import train
from jaxcnn.labs.lab import Lab

LAB = Lab(
    "house-numbers",
    "House numbers in photographs, and what every filter makes of them",
    "How well does a small convolutional network read house numbers, and what does each of its filters answer to?",
    Config,
    train,
    (data, network, derivatives_verified, learning_curves, confusion, filter_outputs),
    load_house_numbers,
)
