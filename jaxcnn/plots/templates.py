"""Many templates as one mosaic, on one scale that is symmetric about zero."""

from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.maps import mosaic
from jaxcnn.plots.style import SIGNED, WIDTH, limits, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def templates(images: np.ndarray, *, columns: int = 8) -> "Figure":
    """Return images side by side, row by row in their order, with one colour bar for all.

    Args:
        images: (N, height, width).
        columns: of the mosaic.
    """
    low, high = limits(images)
    tiles = mosaic(np.moveaxis(images, 0, -1), columns)
    width = 0.8 * WIDTH
    figure = new_figure(width * tiles.shape[0] / tiles.shape[1] * 0.88, width=width)
    axes = figure.subplots()
    axes.set_axis_off()
    drawn = axes.imshow(tiles, cmap=SIGNED, vmin=low, vmax=high)
    figure.colorbar(drawn, ax=axes, ticks=[low, 0, high], format="%.2g", shrink=0.6, label="weight")
    return figure
