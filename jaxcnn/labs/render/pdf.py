"""A report as PDF, A4, with numbered pages, to be printed or handed in."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

from jaxcnn.labs.render import figures
from jaxcnn.labs.render.pdf_text import FONT, flowables, letters, styles
from jaxcnn.labs.render.words import entry
from jaxcnn.labs.report import Attachment, Block, Chart, Equation, LabReport, Paragraph, Table

_MARGIN, _INCH = 54, 72  # points
_BEGUN = 90  # points: a table begins at the foot of a page only where its caption and some rows have room


def report_pdf(report: LabReport) -> bytes:
    """Return the document.

    Raises:
        ImportError: if ReportLab is missing; names the extra.
    """
    platypus = require_platypus()
    file = io.BytesIO()
    document = platypus.SimpleDocTemplate(
        file, title=report.title, subject=report.question, invariant=1, **dict.fromkeys(_SIDES, _MARGIN)
    )
    story = [platypus.Paragraph(letters(report.title), styles()["title"])]
    story.append(platypus.Paragraph(f"<i>{letters(report.question)}</i>", styles()["body"]))
    if report.caution:
        story.append(platypus.Paragraph(f"<b>{letters(report.caution)}</b>", styles()["body"]))
    for section in report.sections:
        story.append(platypus.Paragraph(letters(section.title), styles()["heading"]))
        for block in section.blocks:
            story += _flowables(block, document.width, document.height)

    def footer(canvas: Any, document: Any) -> None:
        canvas.setFont(FONT, 8)
        width, _ = document.pagesize
        canvas.drawString(_MARGIN, _MARGIN / 2, report.title)
        canvas.drawRightString(width - _MARGIN, _MARGIN / 2, str(document.page))

    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return file.getvalue()


_SIDES = ("leftMargin", "rightMargin", "topMargin", "bottomMargin")


def _flowables(block: Block, width: float, height: float) -> Iterator[Any]:
    """Give what stands on the page for one block, in a frame of that width and height in points."""
    platypus = require_platypus()
    if isinstance(block, Paragraph):
        yield from flowables(block.text)
    elif isinstance(block, Equation):
        yield _image(figures.formula(block.latex), width, height)
        yield from flowables(block.where)
    elif isinstance(block, Table):
        yield platypus.CondPageBreak(_BEGUN)
        yield platypus.Paragraph(letters(block.caption), styles()["small"])
        yield _table(block, width)
        yield platypus.Spacer(1, 8)
    elif isinstance(block, Chart):
        caption = platypus.Paragraph(letters(block.caption), styles()["small"])
        yield platypus.KeepTogether([_image(figures.picture(block.figure), width, height - 60), caption])
    elif isinstance(block, Attachment):
        yield from flowables(f"`{block.name}`, beside this report: {block.caption}")


def _image(picture: figures.Picture, width: float, height: float) -> Any:
    """Return a picture at its own size, or smaller where it would not fit the page."""
    scale = min(1.0, width / (picture.width * _INCH), height / (picture.height * _INCH))
    size = (picture.width * _INCH * scale, picture.height * _INCH * scale)
    return require_platypus().Image(io.BytesIO(picture.png), *size)


def _table(table: Table, width: float) -> Any:
    """Return a table whose title row is repeated on every page that it breaks over."""
    platypus, found = require_platypus(), styles()
    of_columns = [found["number" if numeric else "cell"] for numeric in table.numeric]

    def cells(texts: Iterable[str]) -> list[Any]:
        return [platypus.Paragraph(text, style) for text, style in zip(texts, of_columns, strict=True)]

    titles = cells(f"<b>{letters(title)}</b>" for title in table.columns)
    rows = [cells(letters(entry(value)) for value in row) for row in table.rows]
    made = platypus.Table([titles, *rows], colWidths=_widths(table, width), repeatRows=1, hAlign="LEFT")
    made.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, "#666666"),
            ("LINEBELOW", (0, 1), (-1, -1), 0.3, "#bbbbbb"),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("VALIGN", (0, 1), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    return made


def _widths(table: Table, width: float) -> list[float]:
    """Return the widths of the columns: as much as the longest line wants, less where they do not all fit.

    A column never gets less than its longest word, so that no word is cut, unless the words alone do not fit.
    """
    texts = [[title, *map(entry, column)] for title, column in zip(table.columns, table.entries, strict=True)]
    wanted = [max(map(_points, column)) + 12 for column in texts]
    least = [max(_points(word) for text in column for word in text.split(" ")) + 12 for column in texts]
    if sum(wanted) <= width:
        return wanted
    if sum(least) >= width:
        return [own * width / sum(least) for own in least]
    share = (width - sum(least)) / (sum(wanted) - sum(least))
    return [low + share * (high - low) for low, high in zip(least, wanted, strict=True)]


def _points(text: str) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(text, f"{FONT}-Bold", 7.5))


def require_platypus() -> Any:
    """Return ReportLab's layouts, or raise an `ImportError` that names the extra."""
    try:
        from reportlab import platypus
    except ImportError as error:
        raise ImportError(
            "PDF is written with ReportLab, which is not installed: pip install 'jaxcnn[labs]'."
        ) from error
    return platypus
