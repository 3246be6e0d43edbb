"""What `benchmarks.scaling` measured, drawn on log axes with the fitted powers: a PNG file for each part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks import fits
from benchmarks.record import Row
from jaxcnn.plots.style import line, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Points = Mapping[float, Row]
# file: how the sections begin that it shows, what is to the right, what is upwards
FIGURES = {
    "check_rule": ("check_rule of a ", "entries of each argument", "seconds, cold"),
    "audit": ("audit of ", "n", "seconds, cold"),
    "batch": ("training against the batch", "batch", "samples/s"),
    "channels": ("training against the channels", "channels of the first layer", "samples/s"),
}


def save(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write the figures of whatever the rows hold, and return the files."""
    files = []
    for name, (begins, x, y) in FIGURES.items():
        shown = series(row for row in rows if row.section.startswith(begins))
        if shown:
            files.append(folder / f"scaling-{name}.png")
            figure(shown, x, y).savefig(files[-1], dpi=110, metadata={"Software": None})
    return files


def series(rows: Iterable[Row]) -> dict[str, dict[float, Row]]:
    """The rows that have a size, by what is drawn as one line."""
    found: dict[str, dict[float, Row]] = {}
    for row in rows:
        if "size" in row.more:
            who = row.what.split(", ")[0] if ", " in row.what else ""
            name = ": ".join(filter(None, (row.section, who)))
            found.setdefault(name, {})[row.more["size"]] = row
    return found


@styled
def figure(shown: Mapping[str, Points], x: str, y: str) -> Figure:
    """Medians with their smallest and largest on log axes, each line with its fitted power."""
    drawn = new_figure(3.6)
    axes = drawn.subplots()
    for number, (name, points) in enumerate(shown.items()):
        _draw(axes, number, name, points)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(True)
    axes.legend()
    return drawn


def _draw(axes: Axes, number: int, name: str, points: Points) -> None:
    sizes = np.array(sorted(points))
    low, middle, high = (
        np.array([getattr(points[size], part) for size in sizes]) for part in ("low", "value", "high")
    )  # fmt: skip
    power = fits.exponent(sizes.tolist(), middle.tolist())
    colour, dashes = line(number).values()
    axes.errorbar(sizes, middle, [middle - low, high - middle], fmt="o", color=colour, capsize=2)
    fitted = np.exp(np.mean(np.log(middle)) + power * (np.log(sizes) - np.mean(np.log(sizes))))
    axes.plot(sizes, fitted, color=colour, linestyle=dashes, label=f"{name}, power {power:.2f}")
