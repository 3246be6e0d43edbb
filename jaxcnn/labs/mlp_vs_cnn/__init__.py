"""The lab `mlp-vs-cnn`: a perceptron from scratch beside a convolutional network."""

from jaxcnn.labs.mlp_vs_cnn.lab import LAB as LAB
