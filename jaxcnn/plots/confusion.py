"""A confusion matrix: shares as colours, counts as numbers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def confusion(counts: np.ndarray, classes: Sequence[str]) -> "Figure":
    """Return the matrix with a row for each class; the colour is the share of the row, the number the count.

    Args:
        counts: (K, K), row i, column j: how many of class i were taken for class j.
        classes: their names.
    """
    counts = np.asarray(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    longest = max(map(len, classes))
    figure = new_figure(5.2, width=0.85 * WIDTH)
    axes = figure.subplots()
    drawn = axes.imshow(100 * shares, cmap="Blues", vmin=0, vmax=100)
    axes.set_xticks(range(len(classes)), classes, rotation=90 if longest > 2 else 0)
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    for (row, column), count in np.ndenumerate(counts):
        dark = shares[row, column] > 0.5
        axes.text(column, row, f"{count:,}", ha="center", va="center", fontsize=7, color="white" if dark else "black")
    figure.colorbar(drawn, ax=axes, label="share of the class (%)", shrink=0.85)
    return figure
