"""One function for all data: by name, from wherever they are."""

import importlib.util
import os
from pathlib import Path
from typing import Literal

import numpy as np

from jaxcnn.datasets.array_records import is_prepared, prepare_records, read_records
from jaxcnn.datasets.catalogue import CATALOGUE, File, Source, known
from jaxcnn.datasets.dataset import SPLITS, Dataset, Provenance, check_split
from jaxcnn.datasets.digits import load_digits
from jaxcnn.datasets.download import Watch, fetch
from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.folder import read_folder
from jaxcnn.datasets.locations import data_directory
from jaxcnn.datasets.original import missing, read_original

Route = Literal["auto", "records", "files"]


def load(
    name: str = "digits",
    split: str = "train",
    data_dir: str | os.PathLike[str] | None = None,
    *,
    route: Route = "auto",
    download: bool = True,
) -> Dataset:
    """Return a split of a data set.

    Args:
        name: "digits" (comes with scikit-learn), "mnist", "fashion_mnist", "svhn", or the path of a folder of your own,
            see `jaxcnn.datasets.folder`.
        split: "train" or "test".
        data_dir: holds a folder of original files for every name; see `jaxcnn.datasets.locations` for the default.
        route: "records" reads what `prepare` has written for tensorflow-datasets, "files" the original files; "auto"
            the records where they have been prepared, else the files.
        download: whether original files that are missing may be downloaded.

    Raises:
        DataError: if the data are damaged, not what was published, or cannot be had.
        ValueError: for an unknown split or route.
        ImportError: if a package is missing that this needs; names the extra.
    """
    check_split(split)
    if route not in ("auto", "records", "files"):
        raise ValueError(f"`route` must be 'auto', 'records' or 'files'; got {route!r}.")
    if name == "digits":
        images, labels = load_digits(split)
        return Dataset(images, labels, tuple("0123456789"), Provenance("digits", split, "scikit-learn", "unchecked"))
    if name not in CATALOGUE and Path(name).expanduser().is_dir():
        return read_folder(Path(name).expanduser(), split)
    source, directory = known(name), data_directory(data_dir)
    folder = directory / source.name
    absent = missing(source, split, folder)
    prepared = is_prepared(source, directory) and (_has_reader() or bool(absent))
    if route == "records" or (route == "auto" and prepared):
        return read_records(source, split, directory)
    if absent and download:
        fetch(source, absent, folder)
    return read_original(source, split, folder)


def prepare(
    name: str, data_dir: str | os.PathLike[str] | None = None, *, watch: Watch | None = None
) -> dict[str, Dataset]:
    """Get a data set ready: download what is missing, check it, and write records if tensorflow-datasets is there.

    Returns:
        Its splits.

    Raises:
        DataError: if the data are damaged, not what was published, or cannot be had.
        ImportError: if pooch is needed and not installed.
    """
    if name in CATALOGUE:
        _prepare(known(name), data_directory(data_dir), watch)
    return {split: load(name, split, data_dir, download=False) for split in SPLITS}


def state(source: Source, data_dir: str | os.PathLike[str] | None = None) -> tuple[str, ...]:
    """Return which of "files" and "records" of a published data set are there, without reading them."""
    directory = data_directory(data_dir)
    files = not any(missing(source, split, directory / source.name) for split in SPLITS)
    return ("files",) * files + ("records",) * is_prepared(source, directory)


def _prepare(source: Source, directory: Path, watch: Watch | None) -> None:
    folder = directory / source.name
    absent: list[File] = [file for split in SPLITS for file in missing(source, split, folder)]
    if absent and is_prepared(source, directory) and _has_reader():
        return  # the original files may go when the records are there
    if absent:
        fetch(source, tuple(absent), folder, watch)
    if _has_reader():
        place = prepare_records(source, directory)
        for split in SPLITS:
            _check_same(read_records(source, split, directory), read_original(source, split, folder), place)


def _check_same(records: Dataset, files: Dataset, place: Path) -> None:
    """Refuse records that were made of other files than those that lie there now."""
    same = np.array_equal(records.images, files.images) and np.array_equal(records.labels, files.labels)
    if not same:
        raise DataError(
            f"{place} differs from the original files, {', '.join(files.provenance.files)}, "
            f"which may have changed since: remove it and prepare it again."
        )


def _has_reader() -> bool:
    return importlib.util.find_spec("tensorflow_datasets") is not None
