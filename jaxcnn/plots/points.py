"""Points of the plane, coloured and marked by class: t-SNE of features."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of ten classes some colours are alike to some eyes, so each point is the name of its class as well.
_LETTERS = 7.5


@styled
def points(values: Mapping[str, np.ndarray], labels: np.ndarray, classes: Sequence[str]) -> "Figure":
    """Return one panel per name, in which every example is written as its class, in the colour of its class.

    Args:
        values: the points, (N, 2), of each panel; axes have no unit, since t-SNE keeps neighbours and no distances.
        labels: (N,).
        classes: their names; the first letter is shown of those that are longer than two.
    """
    import matplotlib

    colours = matplotlib.colormaps["tab10"]
    figure = new_figure(0.3 + 0.95 * WIDTH / max(2, len(values)))
    for axes, (title, at) in zip(figure.subplots(1, len(values), squeeze=False).flat, values.items(), strict=True):
        axes.set_title(title)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.scatter(*at.T, s=0)  # which sets the ends of the axes
        for (x, y), label in zip(at, labels, strict=True):
            name = classes[label]
            axes.text(
                *(x, y, name if len(name) <= 2 else name[0]),
                color=colours(label % 10),
                fontsize=_LETTERS,
                fontweight="bold",
                ha="center",
                va="center",
            )
        axes.margins(0.06)
    return figure
