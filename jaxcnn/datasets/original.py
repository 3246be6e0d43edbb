"""A published data set from its original files in a folder, compared with what was published.

A file with as many examples as were published must be the published one, bit for bit. One with fewer is a part of it:
it is taken, and the provenance says so.
"""

import hashlib
from pathlib import Path

import numpy as np

from jaxcnn.datasets.arrays import from_idx, from_mat
from jaxcnn.datasets.catalogue import File, Source
from jaxcnn.datasets.dataset import Dataset, Provenance
from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.idx import idx_header

_CHUNK = 2**20


def missing(source: Source, split: str, folder: Path) -> tuple[File, ...]:
    """Return the files of a split that are not in the folder."""
    return tuple(file for file in source.splits[split].files if _find(file, folder) is None)


def where_to_put(source: Source, files: tuple[File, ...], folder: Path) -> str:
    """Return the sentence that says how to get files by hand."""
    names = ", ".join(file.name for file in files)
    return f"put {names} from {source.url} into {folder}"


def read_original(source: Source, split: str, folder: Path) -> Dataset:
    """Return a split.

    Raises:
        DataError: if a file is missing, damaged, or differs from the published one.
    """
    if absent := missing(source, split, folder):
        by_hand = where_to_put(source, absent, folder)
        raise DataError(
            f"{source.name} is not complete: `jaxcnn data prepare {source.name}` downloads it, or {by_hand}."
        )
    files = source.splits[split].files
    paths = [path for file in files if (path := _find(file, folder)) is not None]
    images, labels = from_idx(*paths) if source.form == "idx" else from_mat(paths[0], len(source.classes))
    where = ", ".join(map(str, paths))
    if images.shape[1:] != source.shape:
        raise DataError(f"{where}: images of {source.name} are {source.shape}; got {images.shape[1:]}.")
    if len(images) > source.splits[split].examples:
        raise DataError(f"{where}: {len(images)} examples, but {source.splits[split].examples} were published.")
    whole = len(images) == source.splits[split].examples
    if whole and not equals_published(source, split, images, labels, paths):
        raise DataError(
            f"{where}: not equal to the published {source.name}; remove it to get the published one, "
            f"or load the folder by its path to use it as it is."
        )
    provenance = Provenance(
        name=source.name,
        split=split,
        route="original files",
        content="published" if whole else "part",
        files=tuple(map(str, paths)),
        licence=source.licence,
    )
    return Dataset(images, labels, source.classes, provenance)


def equals_published(
    source: Source, split: str, images: np.ndarray, labels: np.ndarray, paths: list[Path] | None = None
) -> bool:
    """Return whether a whole split is the published one.

    IDX data are compared by what is in the files, so that it does not matter how they were compressed or by which route
    they were read; those of a `.mat` file by the file, since no sum of its content is published.
    """
    files = source.splits[split].files
    if source.form == "idx":
        found = [_sum_of_idx(images[..., 0]), _sum_of_idx(labels.astype(np.uint8))]
        return found == [file.content for file in files]
    return paths is not None and [sum_of_file(path) for path in paths] == [file.sha256 for file in files]


def sum_of_file(path: Path) -> str:
    """Return the sha256 of a file in hexadecimal digits."""
    total = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            total.update(part)
    return total.hexdigest()


def _sum_of_idx(array: np.ndarray) -> str:
    total = hashlib.sha256(idx_header(array.shape))
    total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


def _find(file: File, folder: Path) -> Path | None:
    names = (file.name, file.name.removesuffix(".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)
