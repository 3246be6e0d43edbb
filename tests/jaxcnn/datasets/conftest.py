"""Small data sets, written in the forms that are read, and put in the place of the published ones."""

import dataclasses
import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from jaxcnn.datasets.catalogue import CATALOGUE, MNIST, SVHN, File, Split
from tests.jaxcnn.datasets._files import COUNT, SEED, draw, idx_bytes, mat_variables


@pytest.fixture
def write_idx() -> Callable[..., dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Write the four files of MNIST into a folder; return, per prefix, the images and labels in them."""

    def write(folder: Path, *, compress=True, prefixes=("train", "t10k"), count=COUNT):
        folder.mkdir(parents=True, exist_ok=True)
        drawn = {}
        for seed, prefix in enumerate(prefixes):
            images, labels = drawn[prefix] = draw(count, seed=seed)
            for kind, array in (("images-idx3", images[..., 0]), ("labels-idx1", labels)):
                file = folder / f"{prefix}-{kind}-ubyte"
                if compress:
                    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(idx_bytes(array), mtime=0))
                else:
                    file.write_bytes(idx_bytes(array))
        return drawn

    return write


@pytest.fixture
def write_mat() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Write one `.mat` file in the form of SVHN, by SciPy; return what is in it."""

    def write(file: Path, *, compress=True, seed=SEED, **changed):
        file.parent.mkdir(parents=True, exist_ok=True)
        images, labels = draw(shape=(32, 32, 3), seed=seed)
        variables = {**mat_variables(images, labels), **changed}
        variables = {name: value for name, value in variables.items() if value is not None}
        scipy.io.savemat(file, variables, do_compression=compress)
        return images, labels

    return write


@pytest.fixture
def tiny_mnist(tmp_path, write_idx, monkeypatch) -> Path:
    """Put in the place of MNIST 20 examples a split, published at `published`; return that folder."""
    published = tmp_path / "published"
    write_idx(published)
    splits = {}
    for split, part in MNIST.splits.items():
        contents = {file.name: (published / file.name).read_bytes() for file in part.files}
        files = [File(n, len(c), _sum(c), _sum(gzip.decompress(c))) for n, c in contents.items()]
        splits[split] = Split(COUNT, tuple(files))
    monkeypatch.setitem(CATALOGUE, "mnist", dataclasses.replace(MNIST, splits=splits, url="http://127.0.0.1:9/"))
    return published


@pytest.fixture
def tiny_svhn(tmp_path, write_mat, monkeypatch) -> Path:
    """Put in the place of SVHN 20 examples a split; return the data directory that holds them."""
    splits = {}
    for seed, (split, part) in enumerate(SVHN.splits.items()):
        file = tmp_path / "svhn" / part.files[0].name
        write_mat(file, seed=seed)
        splits[split] = Split(COUNT, (File(file.name, file.stat().st_size, _sum(file.read_bytes())),))
    monkeypatch.setitem(CATALOGUE, "svhn", dataclasses.replace(SVHN, splits=splits))
    return tmp_path


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
