"""Prose for PDF: CommonMark as ReportLab's paragraphs, in letters that have the mathematics we write."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from jaxcnn.labs.render.words import parser

FONT, MONO = "DejaVuSans", "DejaVuSansMono"  # they come with matplotlib
_LACKING = "\N{REPLACEMENT CHARACTER}"
_OPENED = {"strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>", "link_close": "</a>"}


@functools.cache
def styles() -> dict[str, Any]:
    """Return the styles of headings and paragraphs, by name; the fonts are made known to ReportLab."""
    from reportlab.lib.styles import ParagraphStyle

    _register_fonts()
    body = ParagraphStyle("body", fontName=FONT, fontSize=9.5, leading=13.5, spaceAfter=6, allowWidows=0)
    sizes = {"title": (17, 21), "heading": (12.5, 16)}
    large = {
        name: ParagraphStyle(
            name, body, fontName=f"{FONT}-Bold", fontSize=size, leading=leading, spaceBefore=10, keepWithNext=1
        )
        for name, (size, leading) in sizes.items()
    }
    small = ParagraphStyle("small", body, fontSize=8, leading=10.5, textColor="#333333")
    cell = ParagraphStyle("cell", body, fontSize=7.5, leading=9.5, spaceAfter=0)
    number = ParagraphStyle("number", cell, alignment=2)
    code = ParagraphStyle("code", body, fontName=MONO, fontSize=8, leading=11, backColor="#f3f3f3")
    return {**large, "body": body, "small": small, "cell": cell, "number": number, "code": code}


def letters(text: str) -> str:
    """Return text for ReportLab's mark-up; a letter that the font lacks is shown as the replacement character."""
    from reportlab.pdfbase.pdfmetrics import getFont

    styles()  # the fonts are known from then on
    glyphs = getFont(FONT).face.charToGlyph
    return escape("".join(letter if letter.isspace() or ord(letter) in glyphs else _LACKING for letter in text))


def flowables(text: str) -> list[Any]:
    """Return CommonMark as paragraphs, lists and blocks of code.

    Raises:
        ValueError: if it has something else, such as a heading: sections have titles.
    """
    return list(_blocks(iter(parser().parse(text))))


def _blocks(tokens: Iterator[Any], until: str = "") -> Iterator[Any]:
    from reportlab.platypus import ListFlowable, ListItem, Paragraph, Preformatted

    for token in tokens:
        if token.type == until:
            return
        if token.type == "inline":
            yield Paragraph(_inline(token.children), styles()["body"])
        elif token.type in ("fence", "code_block"):
            yield Preformatted(token.content.rstrip("\n"), styles()["code"])
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            kind = token.type.removesuffix("_list_open")
            items = list(_blocks(tokens, f"{kind}_list_close"))
            yield ListFlowable(
                items, bulletType="1" if kind == "ordered" else "bullet", leftIndent=14, bulletFontSize=8
            )
        elif token.type == "list_item_open":
            yield ListItem(list(_blocks(tokens, "list_item_close")))
        elif token.type not in ("paragraph_open", "paragraph_close"):
            raise ValueError(f"A paragraph of a report can hold prose, lists and code; got {token.type!r}.")


def _inline(tokens: list[Any]) -> str:
    """Return what stands in a line in ReportLab's own mark-up."""
    parts = []
    for token in tokens:
        if token.type == "text":
            parts.append(letters(token.content))
        elif token.type == "code_inline":
            parts.append(f'<font face="{MONO}" size="8.5">{letters(token.content)}</font>')
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" " if token.type == "softbreak" else "<br/>")
        elif token.type == "link_open":
            parts.append(f"<a color='#00558a' href={quoteattr(str(token.attrs['href']))}>")
        else:
            parts.append(_OPENED[token.type])
    return "".join(parts)


def _register_fonts() -> None:
    import matplotlib
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for family in (FONT, MONO):
        for bold in (0, 1):
            for italic in (0, 1):
                slope = "Bold" * bold + "Oblique" * italic
                name = f"{family}-{slope}" if slope else family
                pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
                addMapping(family, bold, italic, name)
