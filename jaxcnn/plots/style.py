"""How every figure looks: one style sheet, colours that colour-blind readers can tell apart, no window system.

Colours are those of Okabe and Ito (Color Universal Design, 2008); lines differ in their dashes as well, so that they
can be told apart in grey. Signed values are blue and red about white, see `limits`; unsigned ones from dark to light.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

P = ParamSpec("P")

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)), (0, (8, 2)))
SIGNED, UNSIGNED, GREY = "RdBu_r", "viridis", "gray"
WIDTH = 7.2  # inches: the text width of a page, so that letters keep their size in print

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib: the same letters everywhere
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "grid.alpha": 0.3,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "image.interpolation": "nearest",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "jaxcnn",  # equal figures are equal files
}


def styled(draw: "Callable[P, Figure]") -> "Callable[P, Figure]":
    """Decorate a function that draws: it runs under the style sheet, and says so where matplotlib is missing."""

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> "Figure":
        with in_style():
            return draw(*args, **kwargs)

    return drawn


def in_style(**more: Any) -> contextlib.AbstractContextManager[None]:
    """Return a context in which matplotlib draws by the style sheet, and by `more` of its parameters."""
    return require_matplotlib().rc_context({**STYLE, **more})


def new_figure(height: float, *, width: float = WIDTH) -> "Figure":
    """Return an empty figure, in inches, whose parts are laid out not to overlap.

    Raises:
        ImportError: if matplotlib is missing; names the extra.
    """
    return require_matplotlib().figure.Figure(figsize=(width, height), layout="constrained")


def line(number: int) -> dict[str, Any]:
    """Return the colour and the dashes of the line of that number, from 0."""
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)]}


def limits(values: Any) -> tuple[float, float]:
    """Return the ends of a colour scale that is symmetric about zero and holds all values."""
    largest = float(np.max(np.abs(np.asarray(values, np.float64)), initial=0.0)) or 1.0
    return -largest, largest


def require_matplotlib() -> Any:
    """Return matplotlib, or raise an `ImportError` that names the extra."""
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError as error:
        raise ImportError(
            "Figures are drawn by matplotlib, which is not installed: pip install 'jaxcnn[plots]'."
        ) from error
    return matplotlib
