"""An image and predictive distributions of it, side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import COLOURS, GREY, WIDTH, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def distributions(image: np.ndarray, found: Mapping[str, np.ndarray], classes: Sequence[str]) -> "Figure":
    """Return an image, and beside it one chart of bars per distribution, all on one scale.

    Args:
        image: (H, W, 1 or 3) uint8.
        found: (K,) probabilities, by name.
        classes: their names.

    Raises:
        ValueError: if a distribution has not one entry per class.
    """
    for name, values in found.items():
        if np.shape(values) != (len(classes),):
            raise ValueError(f"`found` must have {len(classes)} probabilities {name}; got shape {np.shape(values)}.")
    figure = new_figure(0.26 * len(classes) + 0.6, width=WIDTH)
    picture, *charts = figure.subplots(1, 1 + len(found), width_ratios=(1, *(1.4 for _ in found)))
    grey = image.shape[-1] == 1
    picture.imshow(image[..., 0] if grey else image, cmap=GREY if grey else None, vmin=0, vmax=255)
    picture.set_axis_off()
    for number, (axes, (name, values)) in enumerate(zip(charts, found.items(), strict=True)):
        bars = axes.barh(range(len(classes)), values, color=COLOURS[number])
        axes.bar_label(bars, [f"{value:.3g}" for value in values], padding=2, fontsize=7)
        axes.set_yticks(range(len(classes)), classes if number == 0 else [""] * len(classes))
        axes.invert_yaxis()
        axes.set_xlim(0, 1.25)
        axes.set_xticks([0, 0.5, 1])
        axes.set_xlabel("probability")
        axes.set_title(name)
    return figure
