"""Lines in several panels that share their scales: gradients by depth, learning curves by optimiser."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from jaxcnn.plots.style import WIDTH, line, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKED = 25  # values of a line up to which each is marked; more would hide its dashes


@styled
def panels(
    values: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    x: str,
    y: str,
    first: int = 1,
    log: bool = False,
    columns: int = 3,
    share_x: bool = True,
    share_y: bool = True,
) -> "Figure":
    """Return one panel per name, in it one line per name, told apart by one legend for all.

    Args:
        values: of each line, in each panel.
        x: what is to the right, with its unit.
        y: what is upwards, with its unit; "" where the panels' names say it.
        first: where the first value of every line lies; the others follow by 1.
        log: whether upwards is logarithmic; a 0 is left out of a line then.
        columns: panels side by side, at most.
        share_x: whether all panels have the same ends to the right.
        share_y: whether they have the same ends upwards.
    """
    columns = min(columns, len(values))
    rows = -(-len(values) // columns)
    figure = new_figure(0.5 + rows * min(2.6, 0.85 * WIDTH / columns))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=share_x, sharey=share_y)
    names = list(dict.fromkeys(name for own in values.values() for name in own))
    handles = {}
    for axes, (title, own) in zip(grid.flat, values.items(), strict=False):
        for name, numbers in own.items():
            shown = np.array(numbers, float)
            if log:
                shown[shown <= 0] = np.nan
            at = range(first, first + len(shown))
            marker = "." if len(shown) <= _MARKED else ""
            (handles[name],) = axes.plot(at, shown, marker=marker, label=name, **line(names.index(name)))
        axes.set_title(title)
        axes.grid(True)
        axes.locator_params(axis="x", integer=True, nbins=6)
        if log:
            axes.set_yscale("log")
    for axes in grid.flat[len(values) :]:
        axes.set_axis_off()
    figure.supxlabel(x, fontsize=9)
    figure.supylabel(y, fontsize=9)
    figure.legend(handles.values(), handles, loc="outside upper center", ncols=min(len(handles), 4))
    return figure
