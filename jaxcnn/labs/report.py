"""What a lab found, as plain data: sections of paragraphs, equations, tables and figures, and all numbers.

A report knows nothing of files. What makes HTML, a notebook, PDF, JSON and pictures of it is in `jaxcnn.labs.render`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Paragraph:
    """Prose in CommonMark (emphasis, code, lists, links); mathematics in it is written in Unicode, σ(W x + b)."""

    text: str


@dataclass(frozen=True)
class Equation:
    """A formula on a line of its own.

    Attributes:
        latex: without dollar signs, in the part of LaTeX that matplotlib's mathtext knows.
        where: what the letters stand for, as a paragraph.
    """

    latex: str
    where: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of numbers and words; numbers are set flush right.

    Attributes:
        caption: what the table shows.
        columns: titles, with units.
        rows: one entry per column each: text, a whole number, or a float, which is shown with four digits. A number in
            a column of text (or text among numbers, such as "none") is set like its column.

    Raises:
        ValueError: if a row has not one entry per column.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column holds numbers, all or most of them."""
        return tuple(2 * sum(map(_is_number, column)) > len(self.rows) for column in self.entries)

    @property
    def entries(self) -> tuple[tuple[Any, ...], ...]:
        """The entries of each column."""
        return tuple(tuple(row[number] for row in self.rows) for number in range(len(self.columns)))

    def __post_init__(self) -> None:
        """Check the rows."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"`rows` of the table {self.caption!r} must have {len(self.columns)} entries each; got {row!r}."
                )


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure.

    Attributes:
        caption: what it shows, in sentences; also what is read out to those who do not see it.
        name: of its files, unique in the report, such as "learning-curves".
        figure: by matplotlib, drawn in the style of `jaxcnn.plots.style`.
    """

    caption: str
    name: str
    figure: "Figure"


@dataclass(frozen=True, eq=False)
class Attachment:
    """A file that lies beside the report, such as a trained model.

    Attributes:
        caption: what it is.
        name: of the file.
        write: is called with the path to write to.
    """

    caption: str
    name: str
    write: Callable[[Path], None]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


Block = Paragraph | Equation | Table | Chart | Attachment


@dataclass(frozen=True, eq=False)
class Section:
    """One step of a lab: what is read, and the numbers that were computed for it.

    Attributes:
        title: of the section, unique in the report.
        blocks: first to last.
        numbers: by name, whatever JSON can hold; NumPy's numbers and arrays as well.
    """

    title: str
    blocks: tuple[Block, ...]
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the section as a notebook shows it."""
        from jaxcnn.labs.render.html import section_html

        del include, exclude  # only hints
        return {"text/html": section_html(self), "text/plain": f"Section {self.title!r}"}


@dataclass(frozen=True, eq=False)
class LabReport:
    """What one run of a lab found.

    Attributes:
        name: of the lab.
        title: of the report.
        question: that the lab answers.
        sections: first to last.
        numbers: all that were computed, by section, and what they depend on: settings, data, versions, seconds.
        caution: what must be known before anything else is read, shown at the top; or nothing.

    Raises:
        ValueError: if two sections, or two files, have the same name.
    """

    name: str
    title: str
    question: str
    sections: tuple[Section, ...]
    numbers: Mapping[str, Any]
    caution: str = ""

    def __post_init__(self) -> None:
        """Check that names are unique."""
        files = [block.name for block in self.blocks() if isinstance(block, Chart | Attachment)]
        for kind, names in (("section", [section.title for section in self.sections]), ("file", files)):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"A report must have one {kind} of each name; got {sorted(twice)[0]!r} twice.")

    def blocks(self) -> Iterator[Block]:
        """Iterate over the blocks of all sections."""
        for section in self.sections:
            yield from section.blocks

    def charts(self) -> Iterator[Chart]:
        """Iterate over the figures."""
        return (block for block in self.blocks() if isinstance(block, Chart))

    def attachments(self) -> Iterator[Attachment]:
        """Iterate over the files that lie beside the report."""
        return (block for block in self.blocks() if isinstance(block, Attachment))
