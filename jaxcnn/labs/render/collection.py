"""The folder of all labs: one folder each, a page that leads to them, and a summary that says which are done.

A lab that was finished before `jaxcnn lab all` was interrupted need not be run again; once all are done, they are.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from jaxcnn._files import written_whole
from jaxcnn.labs.lab import Lab, versions
from jaxcnn.labs.render.html import index_html
from jaxcnn.labs.render.output import check_writable
from jaxcnn.labs.report import LabReport
from jaxcnn.labs.settings import LabConfig

SUMMARY, INDEX = "summary.json", "index.html"


class Collection:
    """Which labs have been run into a folder, kept up to date there.

    Attributes:
        folder: of all of them.
        names: of the labs, in the order of the page.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        """Make the folder, or find out what an interrupted run has left in it.

        Raises:
            OSError: if it cannot be written, or holds something else.
        """
        _check_folder(folder, names)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.names = folder, names
        self._entries: dict[str, dict[str, Any]] = {}
        if (folder / SUMMARY).exists():
            told = json.loads((folder / SUMMARY).read_text("utf-8"))
            self._entries = {} if told["complete"] else told["labs"]
        self._write()

    def has(self, lab: Lab, config: LabConfig) -> bool:
        """Return whether an interrupted run has finished this lab, with these settings and the same versions."""
        entry = self._entries.get(lab.name)
        return entry is not None and (entry["settings"], entry["versions"]) == (_settings(config), versions())

    def add(self, config: LabConfig, report: LabReport) -> None:
        """Note that the report of a lab has been written, and bring the page up to date."""
        self._entries[report.name] = {
            "title": report.title,
            "question": report.question,
            "settings": _settings(config),
            "versions": versions(),
            "seconds": sum(report.numbers["seconds"].values()),
        }
        self._write()

    def _write(self) -> None:
        labs = {name: self._entries[name] for name in self.names if name in self._entries}
        told = {"complete": len(labs) == len(self.names), "labs": labs}
        page = index_html([{"name": name, **entry} for name, entry in labs.items()])
        for name, text in ((SUMMARY, json.dumps(told, indent=1) + "\n"), (INDEX, page)):
            with written_whole(self.folder / name) as temporary:
                temporary.write_text(text, "utf-8")


def _check_folder(folder: Path, names: tuple[str, ...]) -> None:
    """Raise an OSError if the folder cannot be written, or holds more than labs, their state and what leads to them."""
    check_writable(folder)
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        ours = file.name in (SUMMARY, INDEX, *names) or file.name.startswith(tuple(f".{name}." for name in names))
        if not ours or (file.name == SUMMARY and not _is_summary(file)):
            raise FileExistsError(
                f"`--out` must be a new or empty folder, or that of all labs; {folder} holds other files, "
                f"such as {file.name}."
            )


def _is_summary(file: Path) -> bool:
    try:
        told = json.loads(file.read_text("utf-8"))
    except ValueError:
        return False
    return isinstance(told, dict) and {"complete", "labs"} <= set(told)


def _settings(config: LabConfig) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(config).items() if name != "data_dir"}
