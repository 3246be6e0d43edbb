"""Elastic distortion: every point is moved by a smooth random field.

    u[d, r, c] = sum_ij B[r, i] B[c, j] n[d, i, j]        n independent, normal, variance 1

The columns of B are Gaussian bumps on a coarse grid, and the squares of each of its rows add up to 1; so u has variance
1 at every pixel. It looks as if white noise had been blurred by a Gaussian, and costs two small products.

Source: Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual document
analysis, 2003.
"""

import jax
import numpy as np

from jaxcnn._types import Array, Key, Shape

_SPACING = 4  # pixels between bumps, which are as wide (one standard deviation): a digit of 20 pixels gets a few bends


def displacement(key: Key, size: Shape) -> Array:
    """Return u, (2, H, W), of variance 1."""
    rows, columns = (bumps(length) for length in size)
    noise = jax.random.normal(key, (2, rows.shape[1], columns.shape[1]))
    return rows @ noise @ columns.T


def bumps(length: int) -> np.ndarray:
    """Return B, (length, bumps), float32; the grid goes beyond the edges, so that these move like all others."""
    places = np.arange(-2 * _SPACING, length + 2 * _SPACING + 1, _SPACING)
    found = np.exp(-((np.arange(length)[:, None] - places) ** 2) / (2 * _SPACING**2))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
