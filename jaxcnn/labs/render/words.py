"""Prose and the entries of tables, as all renderers write them."""

import functools
from typing import Any

import numpy as np


def entry(value: Any) -> str:
    """Return an entry of a table as text: floats with four digits, whole numbers in groups of three."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    return str(value).replace(" × ", "\u00a0×\u00a0")  # sizes such as 28 × 28 × 1 stay on one line


def markdown(text: str) -> str:
    """Return CommonMark as HTML; HTML in it is text, and is escaped."""
    return str(parser().render(text))


@functools.cache
def parser() -> Any:
    """Return the parser of CommonMark.

    Raises:
        ImportError: if markdown-it-py is missing; names the extra.
    """
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise ImportError(
            "Reports are written with markdown-it-py, which is not installed: pip install 'jaxcnn[labs]'."
        ) from error
    return MarkdownIt("commonmark", {"html": False})
