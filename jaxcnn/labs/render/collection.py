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
from jaxcnn.labs.render.output import check_folder
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
        check_folder(folder, SUMMARY)
        folder.mkdir(exist_ok=True)
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


def _settings(config: LabConfig) -> dict[str, Any]:
    return {name: value for name, value in dataclasses.asdict(config).items() if name != "data_dir"}
