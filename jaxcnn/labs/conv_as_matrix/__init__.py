"""The lab `conv-as-matrix`: a convolutional network read as a fully connected one."""

from jaxcnn.labs.conv_as_matrix.lab import LAB as LAB
