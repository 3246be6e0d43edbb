"""A report as one HTML page that needs nothing beside it: no network, no script, pictures inside."""

import base64
import functools
import importlib.resources
from typing import Any

from jaxcnn.labs.render import figures, words
from jaxcnn.labs.report import LabReport, Section

_LARGEST_SVG = 600_000  # bytes; what is larger goes into the page as PNG


def report_html(report: LabReport) -> str:
    """Return the whole page.

    Raises:
        ImportError: if Jinja2 or markdown-it-py is missing; names the extra.
    """
    return str(templates().get_template("report.html").render(report=report))


def section_html(section: Section) -> str:
    """Return one section, as a notebook shows it."""
    return str(templates().get_template("section.html").module.section(section, level=2))


def index_html(reports: Any) -> str:
    """Return the page that leads to the reports of several labs.

    Args:
        reports: of each: a mapping with "name", "title", "question", "settings" and "seconds".
    """
    return str(templates().get_template("index.html").render(reports=reports))


@functools.cache
def templates() -> Any:
    """Return the templates of all pages.

    Raises:
        ImportError: if Jinja2 is missing; names the extra.
    """
    try:
        import jinja2
    except ImportError as error:
        raise ImportError(
            "Reports are written with Jinja2, which is not installed: pip install 'jaxcnn[labs]'."
        ) from error
    from markupsafe import Markup

    made = jinja2.Environment(
        loader=jinja2.DictLoader(_sources()),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters |= {
        "markdown": lambda text: Markup(words.markdown(text)),
        "entry": words.entry,
        "kind": lambda block: type(block).__name__,
    }
    made.globals |= {
        "picture": lambda chart: _address(figures.picture(chart.figure)),
        "formula": lambda equation: _address(figures.formula(equation.latex)),
        "inches": lambda equation: figures.formula(equation.latex).width,
    }
    return made


def _sources() -> dict[str, str]:
    folder = importlib.resources.files("jaxcnn.labs.render") / "templates"
    return {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.is_file()}


def _address(picture: figures.Picture) -> str:
    """Return a picture as an address that holds the picture itself."""
    small = len(picture.svg) <= _LARGEST_SVG
    kind, content = ("svg+xml", picture.svg) if small else ("png", picture.png)
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
