"""Data by name: from original files, compared with what was published, and where they are looked for."""

import gzip
import hashlib
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxcnn.datasets import DataError, data_directory, load, load_digits, prepare
from jaxcnn.datasets.catalogue import CATALOGUE


def test_the_digits_are_those_of_load_digits():
    for split in ("train", "test"):
        found, (images, labels) = load("digits", split), load_digits(split)
        np.testing.assert_array_equal(found.images, images)
        np.testing.assert_array_equal(found.labels, labels)
        assert found.provenance.route == "scikit-learn"
        assert prepare("digits")[split].images.shape == images.shape


@pytest.mark.parametrize("compress", [True, False])
def test_whole_data_are_compared_with_what_was_published(compress, tmp_path, tiny_mnist, write_idx):
    drawn = write_idx(tmp_path / "mnist", compress=compress)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        found = load("mnist", split, tmp_path, route="files")
        np.testing.assert_array_equal(found.images, drawn[prefix][0])
        np.testing.assert_array_equal(found.labels, drawn[prefix][1])
        assert (found.provenance.content, found.provenance.name) == ("published", "mnist")
        assert len(found.provenance.files) == 2


def test_files_packed_anew_are_still_the_published_data(tmp_path, tiny_mnist):
    shutil.copytree(tiny_mnist, tmp_path / "mnist")
    file = tmp_path / "mnist" / "train-images-idx3-ubyte.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), 1))
    assert load("mnist", "train", tmp_path).provenance.content == "published"


def test_one_pixel_that_differs_is_noticed(tmp_path, tiny_mnist):
    shutil.copytree(tiny_mnist, tmp_path / "mnist")
    file = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[-1] ^= 1
    file.write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=r"t10k-images.*: not equal to the published mnist; remove it"):
        load("mnist", "test", tmp_path)
    assert load(str(tmp_path / "mnist"), "test").provenance.content == "unchecked"


def test_a_mat_file_is_compared_as_a_file(tiny_svhn, write_mat):
    assert load("svhn", "train", tiny_svhn).provenance.content == "published"
    write_mat(tiny_svhn / "svhn" / "test_32x32.mat", seed=9)
    with pytest.raises(DataError, match=r"test_32x32\.mat: not equal to the published svhn"):
        load("svhn", "test", tiny_svhn)


def test_a_part_is_taken_and_called_one(tmp_path, tiny_mnist, write_idx):
    write_idx(tmp_path / "mnist", count=10)
    assert load("mnist", "train", tmp_path).provenance.content == "part"


def test_more_than_was_published_is_refused(tmp_path, tiny_mnist, write_idx):
    write_idx(tmp_path / "mnist", count=21)
    with pytest.raises(DataError, match="21 examples, but 20 were published"):
        load("mnist", "train", tmp_path)


def test_images_of_another_size_are_refused(tmp_path, tiny_svhn, write_mat):
    images = np.zeros((28, 28, 3, 20), np.uint8)
    write_mat(tiny_svhn / "svhn" / "test_32x32.mat", X=images)
    with pytest.raises(DataError, match=r"images of svhn are \(32, 32, 3\); got \(28, 28, 3\)"):
        load("svhn", "test", tiny_svhn)


@pytest.mark.parametrize(
    ("name", "files"),
    [("mnist", "t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz"), ("svhn", "test_32x32.mat")],
)
def test_what_is_not_there_is_asked_for_in_one_sentence(name, files, tmp_path):
    source = CATALOGUE[name]
    by_hand = f"put {files} from {source.url} into {tmp_path / name}"
    sentence = f"{name} is not complete: `jaxcnn data prepare {name}` downloads it, or {by_hand}."
    with pytest.raises(DataError, match=f"^{re.escape(sentence)}$"):
        load(name, "test", tmp_path, download=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cifar", "train"), "`name` must be one of digits, mnist, fashion_mnist, svhn, or the path of a folder"),
        (("mnist", "valid"), "`split` must be 'train' or 'test'; got 'valid'"),
        (("digits", "valid"), "`split` must be 'train' or 'test'; got 'valid'"),
    ],
)
def test_an_unknown_name_or_split_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        load(*arguments)


def test_an_unknown_route_is_named():
    with pytest.raises(ValueError, match="`route` must be 'auto', 'records' or 'files'; got 'tfds'"):
        load("mnist", route="tfds")


def test_records_without_their_reader_name_the_extra(tmp_path, monkeypatch):
    place = tmp_path / "tensorflow_datasets" / "jaxcnn_images" / "mnist" / "1.0.0"
    place.mkdir(parents=True)
    (place / "dataset_info.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[tfds\]'"):
        load("mnist", "train", tmp_path)


def test_records_that_were_not_prepared_are_asked_for(tmp_path):
    with pytest.raises(DataError, match="holds no records of mnist: run `jaxcnn data prepare mnist`"):
        load("mnist", "train", tmp_path, route="records")


def test_the_argument_goes_before_the_variable_and_that_before_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("JAXCNN_DATA", str(tmp_path / "variable"))
    assert data_directory(tmp_path) == tmp_path
    assert data_directory() == tmp_path / "variable"
    monkeypatch.delenv("JAXCNN_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert data_directory() == tmp_path / "cache" / "jaxcnn" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert Path.home() in data_directory().parents or sys.platform == "win32"


def test_every_published_file_has_a_size_and_sums():
    for source in CATALOGUE.values():
        assert list(source.splits) == ["train", "test"]
        assert len(source.classes) == 10
        for part in source.splits.values():
            for file in part.files:
                assert file.size > 0
                assert len(file.sha256) == len(hashlib.sha256().hexdigest())
                assert (file.content is not None) == file.name.endswith(".gz")
