"""Lines against the epoch, the iteration, the layer: learning curves and their like."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jaxcnn.plots.style import line, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def lines(
    values: Mapping[str, Sequence[float]],
    *,
    x: str,
    y: str,
    at: Sequence[float] | None = None,
    log: bool = False,
    marker: str = "o",
) -> "Figure":
    """Return one line per name.

    Args:
        values: of each line.
        x: what is to the right, with its unit.
        y: what is upwards, with its unit.
        at: where the values lie; 1, 2, 3, ... by default.
        log: whether upwards is logarithmic.
        marker: of each value; "" for none.
    """
    figure = new_figure(3.2)
    axes = figure.subplots()
    for number, (name, own) in enumerate(values.items()):
        axes.plot(range(1, len(own) + 1) if at is None else at, own, marker=marker, label=name, **line(number))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(True)
    if log:
        axes.set_yscale("log")
    if at is None:
        axes.locator_params(axis="x", integer=True)
    if len(values) > 1:
        axes.legend()
    return figure
