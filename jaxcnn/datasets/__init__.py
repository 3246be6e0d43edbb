"""Digits to learn from, as NumPy arrays: images (N, 28, 28, 1) uint8, labels (N,) int32."""

from jaxcnn.datasets.digits import load_digits as load_digits
from jaxcnn.datasets.scaling import scaled as scaled
