"""Activation maps of convolutional layers: one beside the other, or all of a layer as one mosaic."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxcnn.plots.style import GREY, UNSIGNED, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def mosaic(maps: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Return the channels of (H, W, C) in a grid as square as it can be, NaN between them and where there is none."""
    height, width, channels = maps.shape
    columns = math.ceil(math.sqrt(channels)) if columns is None else columns
    rows = math.ceil(channels / columns)
    gap = max(1, height // 8)
    tiles = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for channel in range(channels):
        top, left = (channel // columns) * (height + gap), (channel % columns) * (width + gap)
        tiles[top : top + height, left : left + width] = maps[:, :, channel]
    return tiles


@styled
def mosaics(images: np.ndarray, titles: Sequence[str], layers: Mapping[str, np.ndarray]) -> "Figure":
    """Return one row per image: the image, then a mosaic of each layer's maps; bright is a strong answer.

    Each mosaic has a scale of its own, from 0 or its least value to its largest.

    Args:
        images: (N, H, W, 1 or 3) uint8.
        titles: one for each.
        layers: (N, h, w, C) of each layer, by what it is to be called.
    """
    columns = 1 + len(layers)
    figure = new_figure(len(images) * 0.95 * WIDTH / columns + 0.2)
    grid = figure.subplots(len(images), columns, squeeze=False)
    for row, (image, title) in enumerate(zip(images, titles, strict=True)):
        _picture(grid[row, 0], image)
        grid[row, 0].set_title(title, pad=2)
        for column, (name, maps) in enumerate(layers.items(), start=1):
            axes, tiles = grid[row, column], mosaic(maps[row])
            axes.set_axis_off()
            axes.imshow(tiles, cmap=UNSIGNED, vmin=min(0.0, np.nanmin(tiles)), vmax=np.nanmax(tiles) or 1.0)
            if row == 0:
                axes.set_title(name, pad=2)
    return figure


@styled
def maps_over_time(values: Mapping[str, Sequence[np.ndarray]], times: Sequence[str], *, columns: int = 8) -> "Figure":
    """Return maps that change, from left to right; what does not fit into a line goes on below.

    The maps of one name have one scale, whose ends are written beside them.

    Args:
        values: the maps, (H, W), one for each time, by what they are to be called.
        times: such as "epoch 1".
        columns: maps side by side, at most.
    """
    columns = min(columns, len(times))
    lines = math.ceil(len(times) / columns)
    side = min(0.9, 0.9 * WIDTH / columns)
    figure = new_figure(lines * (len(values) * side + 0.25), width=min(WIDTH, columns * side + 1.0))
    grid = figure.subplots(lines * len(values), columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for number, (name, maps) in enumerate(values.items()):
        low, high = (0.0 + end for end in (min(0.0, *map(np.min, maps)), max(map(np.max, maps))))  # no -0
        for place, one in enumerate(maps):
            row, column = place // columns * len(values) + number, place % columns
            axes = grid[row, column]
            axes.imshow(one, cmap=UNSIGNED, vmin=low, vmax=high if high > low else low + 1)
            if number == 0:
                axes.set_title(times[place], pad=2)
            if column == 0:
                told = f"{name}\n{low:.2g} … {high:.2g}"
                axes.text(-0.08, 0.5, told, ha="right", va="center", fontsize=7, transform=axes.transAxes)
    return figure


def _picture(axes: Any, image: np.ndarray) -> None:
    grey = image.shape[-1] == 1
    axes.set_axis_off()
    axes.imshow(image[..., 0] if grey else image, cmap=GREY if grey else None, vmin=0, vmax=255)
