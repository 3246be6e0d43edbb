"""A grid of images with their labels."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import GREY, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def samples(images: np.ndarray, titles: Sequence[str], *, columns: int = 5) -> "Figure":
    """Return images side by side, row by row, each under its title.

    Args:
        images: (N, H, W, 1 or 3) uint8.
        titles: one for each.
        columns: of the grid.

    Raises:
        ValueError: if there is not one title for each image.
    """
    if len(images) != len(titles):
        raise ValueError(f"`titles` must have one entry per image; got {len(titles)} for {len(images)} images.")
    rows = math.ceil(len(images) / columns)
    figure = new_figure(rows * (WIDTH / columns * 0.72 + 0.2), width=WIDTH * 0.8)
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, image, title in zip(grid.flat, images, titles, strict=False):
        grey = image.shape[-1] == 1
        axes.imshow(image[..., 0] if grey else image, cmap=GREY if grey else None, vmin=0, vmax=255)
        axes.set_title(title, pad=2)
    return figure
