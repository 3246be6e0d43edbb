"""The folder of a report: written whole under another name and then renamed, so that it is never half there."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jaxcnn.labs.lab import Lab
from jaxcnn.labs.render.figures import picture
from jaxcnn.labs.render.html import report_html, templates
from jaxcnn.labs.render.notebook import notebook, require_nbformat
from jaxcnn.labs.render.numbers import numbers_json
from jaxcnn.labs.render.pdf import report_pdf, require_platypus
from jaxcnn.labs.render.words import parser
from jaxcnn.labs.report import LabReport
from jaxcnn.labs.settings import LabConfig
from jaxcnn.plots.style import require_matplotlib

HTML, NOTEBOOK, PDF, NUMBERS, FIGURES = "report.html", "report.ipynb", "report.pdf", "numbers.json", "figures"


def write_report(lab: Lab, config: LabConfig, report: LabReport, folder: Path) -> None:
    """Write a report in all its forms; an older report there is replaced by it, whole or not at all.

    Args:
        lab: that was run.
        config: its settings.
        report: what came of it.
        folder: may be missing, but not what it lies in.

    Raises:
        OSError: if it cannot be written, or the folder holds something else; what is there stays as it was.
        ImportError: if a package is missing; names the extra.
    """
    check_folder(folder)
    with replaced_whole(folder) as temporary:
        (temporary / HTML).write_text(report_html(report), "utf-8")
        (temporary / NOTEBOOK).write_text(notebook(lab, config, report), "utf-8")
        (temporary / PDF).write_bytes(report_pdf(report))
        (temporary / NUMBERS).write_text(numbers_json(report), "utf-8")
        (temporary / FIGURES).mkdir()
        for chart in report.charts():
            drawn = picture(chart.figure)
            (temporary / FIGURES / f"{chart.name}.png").write_bytes(drawn.png)
            (temporary / FIGURES / f"{chart.name}.svg").write_bytes(drawn.svg)
        for attachment in report.attachments():
            attachment.write(temporary / attachment.name)


def require_packages() -> None:
    """Fail before long work when a package is missing that a report needs.

    Raises:
        ImportError: names the package and the extra.
    """
    for require in (templates, parser, require_nbformat, require_platypus, require_matplotlib):
        require()


def check_folder(folder: Path, mark: str = NUMBERS) -> None:
    """Fail before long work when a report could not be written at its end.

    Args:
        folder: may be missing, but not what it lies in.
        mark: the file by which we know a folder of ours.

    Raises:
        OSError: if it cannot be written, or holds something else than a report.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"`--out` must be a folder; {folder} is a file.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
        raise FileExistsError(
            f"`--out` must be a new or empty folder, or that of a report; {folder} holds other files."
        )
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"`--out` cannot be written: the folder {folder.parent} does not exist.")
    if not os.access(folder.parent, os.W_OK):
        raise PermissionError(f"`--out` cannot be written: no permission to write into {folder.parent}.")


@contextlib.contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder` to write to, which afterwards takes its place.

    Raises:
        OSError: if it cannot be written; nothing is left behind and the older folder is untouched.
    """
    folder = folder.resolve()
    older = folder.with_name(f".{folder.name}.older")
    _recover(folder, older)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        temporary.chmod(folder.stat().st_mode & 0o777 if folder.exists() else 0o755)
        yield temporary
        if folder.exists():
            folder.rename(older)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        _recover(folder, older)
        raise
    shutil.rmtree(older, ignore_errors=True)


def _recover(folder: Path, older: Path) -> None:
    """Undo what was interrupted between the two renames."""
    if older.is_dir():
        if folder.exists():
            shutil.rmtree(older)
        else:
            older.rename(folder)
