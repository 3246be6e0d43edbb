"""The folder of a report: written whole under another name and then renamed, so that it is never half there."""

import contextlib
import dataclasses
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
OF_JUPYTER = ".ipynb_checkpoints"  # left by whoever opened the notebook


def write_report(lab: Lab, config: LabConfig, report: LabReport, folder: Path) -> None:
    """Write a report in all its forms; an older report there is replaced by it, whole or not at all.

    Args:
        lab: that was run.
        config: its settings.
        report: what came of it.
        folder: may be missing, and so may what it lies in.

    Raises:
        OSError: if it cannot be written, or the folder holds something else; what is there stays as it was.
        ImportError: if a package is missing; names the extra.
    """
    check_folder(folder, report.name)
    with replaced_whole(folder) as temporary:
        (temporary / HTML).write_text(report_html(report), "utf-8")
        (temporary / NOTEBOOK).write_text(notebook(lab, config, report), "utf-8")
        (temporary / PDF).write_bytes(report_pdf(report))
        (temporary / FIGURES).mkdir()
        for chart in report.charts():
            drawn = picture(chart.figure)
            (temporary / FIGURES / f"{chart.name}.png").write_bytes(drawn.png)
            (temporary / FIGURES / f"{chart.name}.svg").write_bytes(drawn.svg)
        for attachment in report.attachments():
            attachment.write(temporary / attachment.name)
        # The names let the next report tell what it may replace from what somebody has put there.
        files = sorted(file.relative_to(temporary).as_posix() for file in temporary.rglob("*"))
        numbers = {"lab": report.name, **report.numbers, "files": files}
        (temporary / NUMBERS).write_text(numbers_json(dataclasses.replace(report, numbers=numbers)), "utf-8")


def require_packages() -> None:
    """Fail before long work when a package is missing that a report needs.

    Raises:
        ImportError: names the package and the extra.
    """
    for require in (templates, parser, require_nbformat, require_platypus, require_matplotlib):
        require()


def check_folder(folder: Path, name: str) -> None:
    """Fail before long work when a report could not be written at its end.

    Args:
        folder: may be missing, and so may what it lies in.
        name: of the lab whose older report may be replaced.

    Raises:
        OSError: if it cannot be written, or holds something else than a report of that lab.
    """
    check_writable(folder)
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    told = _told(folder / NUMBERS)
    known = {HTML, NOTEBOOK, PDF, NUMBERS, FIGURES, *told.get("files", ())} if told.get("lab") == name else set()
    for file in sorted(folder.rglob("*")):
        written = file.relative_to(folder).as_posix()
        if written.startswith(OF_JUPYTER):
            continue
        # Reports from before the names were written down have only charts in that folder.
        if written not in known and ("files" in told or not written.startswith(f"{FIGURES}/") or not known):
            raise FileExistsError(
                f"`--out` must be a new or empty folder, or that of a report of {name}; {folder} holds other files, "
                f"such as {written}."
            )


def check_writable(folder: Path) -> None:
    """Fail when a folder could not be made, with what it lies in, or is there and is a file.

    Raises:
        OSError: names the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"`--out` must be a folder; {folder} is a file.")
    above = next(parent for parent in folder.resolve().parents if parent.exists())
    if not above.is_dir():
        raise NotADirectoryError(f"`--out` cannot be written: {folder} would lie in {above}, which is a file.")
    try:  # Asking for the permission is not enough: the administrator has it on a read-only disk too.
        Path(tempfile.mkdtemp(dir=above, prefix=".jaxcnn.")).rmdir()
    except OSError as error:
        raise PermissionError(
            f"`--out` cannot be written: no folder can be made at {folder}: {error.strerror}."
        ) from None


def _told(file: Path) -> dict[str, Any]:
    """Return what a JSON file holds; nothing if it is missing or something else."""
    try:
        told = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


@contextlib.contextmanager
def replaced_whole(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder` to write to, which afterwards takes its place.

    Raises:
        OSError: if it cannot be written; nothing is left behind and the older folder is untouched.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
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
