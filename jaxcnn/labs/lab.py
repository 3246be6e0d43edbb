"""One lab: settings, what it trains, and one function per section of its report."""

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import jax

from jaxcnn.labs.data import LabData, load_data
from jaxcnn.labs.progress import SILENT, Progress
from jaxcnn.labs.report import LabReport, Paragraph, Section, Table
from jaxcnn.labs.settings import LabConfig

_QUICK = "This is the quick form, on few data and with little training: it shows the path, not what the lab finds."
_PACKAGES = ("jaxcnn", "jax", "jaxlib", "flax", "optax", "numpy")


@dataclass(frozen=True)
class Lab:
    """An assignment, reproduced whole.

    Attributes:
        name: on the command line.
        title: of the report.
        question: that it answers.
        config: the class of its settings.
        train: `train(config, data, progress) -> run`: everything that takes long.
        steps: `step(run) -> Section`, in order. They and `train` are functions of a module, so that a notebook can
            import them.
        load: from the settings to the data.
    """

    name: str
    title: str
    question: str
    config: type[LabConfig]
    train: Callable[..., Any]
    steps: tuple[Callable[[Any], Section], ...]
    load: Callable[[Any], LabData] = load_data

    def run(self, config: LabConfig, data: LabData | None = None, progress: Progress = SILENT) -> LabReport:
        """Train, compute every section, and return the report.

        Args:
            config: of the class `self.config`.
            data: None for what the settings name.
            progress: who is told, and where the state of the training is kept.

        Raises:
            DataError: if the data are damaged or not there.
            ValueError: if a setting is out of its range.
        """
        began = time.perf_counter()
        run = self.train(config, self.load(config) if data is None else data, progress)
        trained = time.perf_counter()
        sections = []
        for step in self.steps:
            progress.stage(f"{self.name}: {step.__name__.replace('_', ' ')}")
            sections.append(step(run))
        numbers = {
            "lab": self.name,
            "settings": {name: value for name, value in asdict(config).items() if name != "data_dir"},
            "versions": versions(),
            "machine": machine(),
            "resumed": progress.resumed,
            "seconds": {"training": trained - began, "sections": time.perf_counter() - trained},
        }
        found = {section.title: dict(section.numbers) for section in sections if section.numbers}
        last = _how(numbers)
        caution = _QUICK if config.quick else ""
        return LabReport(self.name, self.title, self.question, (*sections, last), numbers | {"results": found}, caution)


def versions() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in _PACKAGES}}


def machine() -> dict[str, Any]:
    """Return what the seconds depend on, and nothing that tells whose machine it is."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "processor": platform.machine(),
        "system": platform.system(),
        "cores": cores,
        "backend": jax.default_backend(),
        "devices": jax.local_device_count(),
    }


def _how(numbers: dict[str, Any]) -> Section:
    seconds = numbers["seconds"]
    began = (
        "The training was interrupted and went on; since the last interruption it took"
        if numbers["resumed"]
        else "Everything in this report was computed in one run:"
    )
    told = Paragraph(
        f"{began} {seconds['training']:.1f} s of training and "
        f"{seconds['sections']:.1f} s for the sections, on {numbers['machine']['cores']} cores. "
        "Equal settings, data and versions give equal numbers on the same kind of machine, seconds aside."
    )
    rows = [
        (group, name, str(value))
        for group in ("settings", "versions", "machine")
        for name, value in numbers[group].items()
    ]
    return Section(
        "How this was computed", (told, Table("What the numbers depend on.", ("", "name", "value"), tuple(rows)))
    )
