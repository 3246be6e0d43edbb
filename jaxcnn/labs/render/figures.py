"""Figures and formulas as PNG and SVG; each is drawn once, whoever shows it."""

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from jaxcnn.plots.style import in_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 200  # sharp in print at the size of a page
_DRAWN: "WeakKeyDictionary[Figure, Picture]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Picture:
    """A drawing in both forms.

    Attributes:
        png: the bytes of the file.
        svg: the same, as vectors.
        width: in inches.
        height: in inches.
    """

    png: bytes
    svg: bytes
    width: float
    height: float


def picture(figure: "Figure") -> Picture:
    """Return a figure as files."""
    if figure not in _DRAWN:
        figure.draw_without_rendering()  # the parts are laid out once
        figure.set_layout_engine("none")
        width, height = figure.get_size_inches()
        _DRAWN[figure] = Picture(_saved(figure, "png"), _saved(figure, "svg"), float(width), float(height))
    return _DRAWN[figure]


@functools.cache
def formula(latex: str) -> Picture:
    """Return a formula as files.

    Raises:
        ValueError: if mathtext does not know what is written.
    """
    with in_style(**{"mathtext.fontset": "cm"}):
        figure = new_figure(1.0)
        figure.set_layout_engine("none")
        text = figure.text(0, 0, f"${latex}$", fontsize=12)
        box = text.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
        margin = 2  # pixels
        width, height = ((size + 2 * margin) / figure.dpi for size in box.size)
        figure.set_size_inches(width, height)
        text.set_position((margin / figure.dpi / width, (margin - box.y0) / figure.dpi / height))
        return Picture(_saved(figure, "png"), _saved(figure, "svg"), float(width), float(height))


def _saved(figure: "Figure", form: str) -> bytes:
    file = io.BytesIO()
    nothing = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
    with in_style():
        figure.savefig(file, format=form, dpi=DPI, metadata=nothing)
    return file.getvalue()
