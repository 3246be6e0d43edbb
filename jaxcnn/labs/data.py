"""The data of a lab, and the table that says what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxcnn.datasets import DataError, Dataset, load
from jaxcnn.labs.report import Table
from jaxcnn.labs.settings import LabConfig


@dataclass(frozen=True, eq=False)
class LabData:
    """What a lab learns from, and what it is scored on."""

    train: Dataset
    test: Dataset


def load_data(config: LabConfig) -> LabData:
    """Return both splits of the data set that the settings name.

    Raises:
        DataError: if the data are damaged or not there. A folder for data that was named must be there: nothing is
            downloaded into one that was mistyped.
    """
    if config.data_dir is not None and not Path(config.data_dir).expanduser().is_dir():
        raise DataError(f"`--data-dir` must be a folder that exists; {config.data_dir} does not.")
    return LabData(load(config.data, "train", config.data_dir), load(config.data, "test", config.data_dir))


def data_table(*datasets: tuple[str, Dataset]) -> Table:
    """Return what each data set is: one row each, under the name that the lab gives it."""
    return Table(
        "The data. The sum (sha256) is of images, labels and class names.",
        (
            "used for",
            "data set",
            "split",
            "content",
            "images",
            "height × width × channels",
            "classes",
            "selected",
            "sum",
        ),
        tuple(_row(name, dataset) for name, dataset in datasets),
    )


def data_numbers(**datasets: Dataset) -> dict[str, Any]:
    """Return the same as numbers."""
    return {
        name: {
            "data": dataset.provenance.name,
            "split": dataset.provenance.split,
            "content": dataset.provenance.content,
            "steps": list(dataset.provenance.steps),
            "images": len(dataset),
            "shape": list(dataset.images.shape[1:]),
            "sha256": dataset.sha256,
        }
        for name, dataset in datasets.items()
    }


def _row(name: str, dataset: Dataset) -> tuple[Any, ...]:
    told = dataset.provenance
    return (
        name,
        told.name,
        told.split,
        told.content,
        len(dataset),
        " × ".join(map(str, dataset.images.shape[1:])),
        len(dataset.classes),
        "; ".join(told.steps) or "all",
        dataset.sha256[:12],
    )
