"""Published data sets as ArrayRecord files, written and read by tensorflow-datasets, without TensorFlow.

They lie in `tensorflow_datasets/jaxcnn_images/NAME/VERSION` of the data directory, in the original order.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from jaxcnn.datasets.catalogue import Source
from jaxcnn.datasets.dataset import Dataset, Provenance
from jaxcnn.datasets.errors import DataError

VERSION = "1.0.0"
_FOLDER = "tensorflow_datasets"
_AT_ONCE = 4096


def is_prepared(source: Source, directory: Path) -> bool:
    """Return whether the records of a data set are in the data directory; needs no tensorflow-datasets."""
    return (_place(source, directory) / "dataset_info.json").is_file()


def prepare_records(source: Source, directory: Path) -> Path:
    """Write the records from the original files in `directory/NAME`, or keep those that are there; return their folder.

    They are written whole or not at all.

    Raises:
        DataError: if an original file is missing or damaged.
        ImportError: if tensorflow-datasets is not installed.
    """
    tfds = _tensorflow_datasets()
    from jaxcnn.datasets.array_records.builder import JaxcnnImages

    tfds.disable_progress_bar()
    builder = JaxcnnImages(config=source.name, data_dir=directory / _FOLDER, file_format="array_record")
    config = tfds.download.DownloadConfig(manual_dir=directory / source.name, try_download_gcs=False)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints where it writes
        builder.download_and_prepare(download_config=config, download_dir=directory / _FOLDER / "downloads")
    return _place(source, directory)


def read_records(source: Source, split: str, directory: Path) -> Dataset:
    """Return a split from the records.

    Raises:
        DataError: if they are missing, damaged, or differ from what was published.
        ImportError: if tensorflow-datasets is not installed.
    """
    from jaxcnn.datasets.original import equals_published

    place = _place(source, directory)
    if not is_prepared(source, directory):
        raise DataError(f"{place} holds no records of {source.name}: run `jaxcnn data prepare {source.name}`.")
    tfds = _tensorflow_datasets()
    try:
        images, labels = _arrays(tfds.builder_from_directory(place).as_data_source(split), source)
    # ArrayRecord compares checksums and reports every fault so; a damaged description is JSON, or names no such file.
    except (RuntimeError, ValueError, KeyError, OSError, TypeError) as error:
        raise DataError(f"{place} is damaged ({type(error).__name__}); remove it and prepare it again.") from error
    whole = len(images) == source.splits[split].examples
    if whole and source.form == "idx" and not equals_published(source, split, images, labels):
        raise DataError(f"{place} differs from the published {source.name}; remove it and prepare it again.")
    content: Any = "published" if whole else "part"  # records of a whole `.mat` were compared when they were written
    provenance = Provenance(source.name, split, "tensorflow-datasets", content, (str(place),), licence=source.licence)
    return Dataset(images, labels, source.classes, provenance)


def _arrays(records: Any, source: Source) -> tuple[np.ndarray, np.ndarray]:
    images, labels = np.empty((len(records), *source.shape), np.uint8), np.empty(len(records), np.int32)
    for start in range(0, len(records), _AT_ONCE):
        rows = range(start, min(start + _AT_ONCE, len(records)))
        for row, record in zip(rows, records.__getitems__(list(rows)), strict=True):
            images[row], labels[row] = record["image"], record["label"]
    return images, labels


def _place(source: Source, directory: Path) -> Path:
    return directory / _FOLDER / "jaxcnn_images" / source.name / VERSION


def _tensorflow_datasets() -> Any:
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise ImportError(
            "Prepared records are read and written by tensorflow-datasets, which is not installed: "
            "pip install 'jaxcnn[tfds]'."
        ) from error
    return tensorflow_datasets
