"""Photographs made of scans: a digit on paper, with what goes wrong when somebody takes a picture of it."""

import numpy as np
from PIL import Image
from scipy import ndimage

from jaxcnn.datasets import load

DIGITS = load("digits", "test")


def ink(row, height=100, angle=0.0):
    """Return a digit as the ink of a pen, (H, W) from 0 to 1, about `height` pixels high."""
    digit = DIGITS.images[row, 4:24, 4:24, 0]
    large = np.asarray(Image.fromarray(digit).resize((height, height), Image.Resampling.BICUBIC), float) / 255
    turned = ndimage.rotate(np.pad(large, height // 4), angle, order=1)
    drawn = np.clip((ndimage.gaussian_filter(turned, height / 50) - 0.4) * 8, 0, 1)
    rows, columns = (np.flatnonzero(drawn.max(axis=axis) > 0.5) for axis in (1, 0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def photograph(drawn, size=(300, 260), at=(80, 70), *, paper=0.8, pen=0.2, light=0.0, vignette=0.0, grain=0.0, seed=0):
    """Return ink on paper, (H, W) uint8; `light` is what is lost towards one corner, `vignette` towards all edges."""
    covered = np.zeros(size)
    covered[at[0] : at[0] + drawn.shape[0], at[1] : at[1] + drawn.shape[1]] = drawn
    down, right = np.meshgrid(*(np.linspace(0, 1, length) for length in size), indexing="ij")
    lit = 1 - light * (down + right) / 2 - vignette * ((2 * down - 1) ** 2 + (2 * right - 1) ** 2) / 2
    pixels = lit * (paper + (pen - paper) * covered) + grain * np.random.default_rng(seed).normal(size=size)
    return np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8)
