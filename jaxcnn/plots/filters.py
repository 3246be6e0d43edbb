"""The filters of a layer as images, each with a colour bar of its own."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import SIGNED, WIDTH, limits, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def filters(kernels: np.ndarray, titles: Sequence[str] | None = None, *, columns: int = 6) -> "Figure":
    """Return filters side by side, on scales that are symmetric about zero.

    Args:
        kernels: (N, height, width).
        titles: one for each; by default their numbers.
        columns: of the grid.
    """
    titles = [str(number) for number in range(len(kernels))] if titles is None else titles
    rows = math.ceil(len(kernels) / columns)
    figure = new_figure(rows * WIDTH / columns * 0.95)
    for axes in (grid := figure.subplots(rows, columns, squeeze=False)).flat:
        axes.set_axis_off()
    for axes, kernel, title in zip(grid.flat, kernels, titles, strict=False):
        low, high = limits(kernel)
        drawn = axes.imshow(kernel, cmap=SIGNED, vmin=low, vmax=high)
        axes.set_title(title, pad=2)
        bar = figure.colorbar(drawn, ax=axes, ticks=[low, 0, high], format="%.2g", shrink=0.8)
        bar.ax.tick_params(labelsize=6, length=2)
    return figure
