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
def rows_of_maps(rows: Mapping[str, Sequence[np.ndarray]], titles: Sequence[str]) -> "Figure":
    """Return maps in rows, such as one per epoch; every column has one scale, which its bar below tells.

    Args:
        rows: the maps of each row, (H, W) each, by what the row is to be called.
        titles: of the columns.
    """
    columns = list(zip(*rows.values(), strict=True))
    side = min(1.0, 0.8 * WIDTH / len(columns))
    figure = new_figure(len(rows) * side + 0.7, width=min(WIDTH, side * len(columns) * 1.15 + 0.8))
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for column, (maps, title) in enumerate(zip(columns, titles, strict=True)):
        low, high = min(0.0, *map(np.min, maps)), max(map(np.max, maps)) or 1.0
        for row, (name, values) in enumerate(zip(rows, maps, strict=True)):
            axes = grid[row, column]
            axes.set_xticks([])
            axes.set_yticks([])
            drawn = axes.imshow(values, cmap=UNSIGNED, vmin=low, vmax=high)
            if column == 0:
                axes.set_ylabel(name, rotation=0, ha="right", va="center")
        grid[0, column].set_title(title, pad=3)
        bar = figure.colorbar(drawn, ax=grid[:, column], location="bottom", ticks=[low, high], format="%.2g", aspect=12)
        bar.ax.tick_params(labelsize=6, length=2)
    return figure


def _picture(axes: Any, image: np.ndarray) -> None:
    grey = image.shape[-1] == 1
    axes.set_axis_off()
    axes.imshow(image[..., 0] if grey else image, cmap=GREY if grey else None, vmin=0, vmax=255)
