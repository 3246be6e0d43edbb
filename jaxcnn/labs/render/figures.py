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
_POINTS, _LETTERS, _MARGIN = 72, 13, 2  # of an inch; of formulas
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
        layout = figure.get_layout_engine()
        if layout is not None:
            with in_style():
                layout.execute(figure)  # the parts are laid out once
            figure.set_layout_engine("none")
        width, height = figure.get_size_inches()
        _DRAWN[figure] = Picture(*_saved(figure), float(width), float(height))
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
        from matplotlib.font_manager import FontProperties
        from matplotlib.mathtext import MathTextParser

        text, letters = f"${latex}$", FontProperties(size=_LETTERS)
        width, height, depth, *_ = MathTextParser("path").parse(text, dpi=_POINTS, prop=letters)
        width, height = width + 2 * _MARGIN, height + 2 * _MARGIN
        figure.set_size_inches(width / _POINTS, height / _POINTS)
        figure.text(_MARGIN / width, (_MARGIN + depth) / height, text, fontproperties=letters)
        return Picture(*_saved(figure), width / _POINTS, height / _POINTS)


def _saved(figure: "Figure") -> tuple[bytes, bytes]:
    """Return PNG and SVG, without what differs from run to run.

    Each canvas draws once: `Figure.savefig` would draw all of it first for the layout that is done already.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    png, svg = io.BytesIO(), io.BytesIO()
    before, figure.dpi = figure.dpi, DPI
    with in_style():
        FigureCanvasAgg(figure).print_png(png, metadata={"Software": None})
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None, "Creator": None})
    figure.dpi = before
    return png.getvalue(), svg.getvalue()
