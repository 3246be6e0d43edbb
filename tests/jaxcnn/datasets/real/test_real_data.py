"""The published data themselves, and the records of tensorflow-datasets: `pytest --data DIR`, extra `tfds`.

DIR holds mnist/ and fashion_mnist/ whole, and svhn/ whole or in part.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jaxcnn.datasets import DataError, load, prepare, statistics
from jaxcnn.datasets.array_records import prepare_records, read_records
from jaxcnn.datasets.catalogue import CATALOGUE
from jaxcnn.datasets.original import sum_of_file

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def data(request):
    return request.config.getoption("--data").resolve()


# Counts and moments as they are commonly published for these data sets.
KNOWN = {
    ("mnist", "train"): (0.1307, 0.3081, (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)),
    ("mnist", "test"): (0.1325, 0.3105, (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)),
    ("fashion_mnist", "train"): (0.2860, 0.3530, (6000,) * 10),
    ("fashion_mnist", "test"): (0.2868, 0.3524, (1000,) * 10),
}


@pytest.mark.parametrize(("name", "split"), KNOWN)
def test_the_published_data_are_read_and_recognised(name, split, data):
    found = load(name, split, data, route="files", download=False)
    mean, std, counts = KNOWN[name, split]
    numbers = statistics(found)
    assert found.provenance.content == "published"
    assert numbers.class_counts == counts
    assert (round(numbers.mean[0], 4), round(numbers.std[0], 4)) == (mean, std)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_the_sums_and_sizes_are_those_of_the_original_files(name, data):
    for part in CATALOGUE[name].splits.values():
        for file in part.files:
            path = data / name / file.name
            assert (path.stat().st_size, sum_of_file(path)) == (file.size, file.sha256)


@pytest.mark.parametrize("split", ["train", "test"])
def test_house_numbers_are_read_as_scipy_reads_them(split, data):
    import scipy.io

    found = load("svhn", split, data, route="files", download=False)
    other = scipy.io.loadmat(data / "svhn" / f"{split}_32x32.mat")
    np.testing.assert_array_equal(found.images, other["X"].transpose(3, 0, 1, 2))
    np.testing.assert_array_equal(found.labels, other["y"][:, 0] % 10)


@pytest.mark.parametrize("name", ["mnist", "svhn"])
def test_records_hold_the_same_in_the_same_order(name, data, tmp_path):
    shutil.copytree(data / name, tmp_path / name)
    found = prepare(name, tmp_path)
    for split, dataset in found.items():
        files = load(name, split, data, route="files")
        assert dataset.provenance.route == "tensorflow-datasets"
        assert dataset.provenance.content == files.provenance.content
        np.testing.assert_array_equal(dataset.images, files.images)
        np.testing.assert_array_equal(dataset.labels, files.labels)
    shutil.rmtree(tmp_path / name)
    assert len(prepare(name, tmp_path)["test"]) == len(found["test"])


def test_nothing_of_this_needs_tensorflow(tiny_mnist, tmp_path, write_idx):
    write_idx(tmp_path / "mnist", count=10)
    code = f"""
import sys
from jaxcnn.datasets import prepare
assert prepare("mnist", {str(tmp_path)!r})["train"].provenance.route == "tensorflow-datasets"
print(*sorted({{"tensorflow", "torch"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_damaged_records_are_refused(tiny_mnist, tmp_path):
    shutil.copytree(tiny_mnist, tmp_path / "mnist")
    source = CATALOGUE["mnist"]
    place = prepare_records(source, tmp_path)
    assert len(read_records(source, "train", tmp_path)) == 20
    (record,) = place.glob("*train*")
    content = record.read_bytes()
    for damaged in (content[: len(content) // 2], content[:70000] + b"xyz" + content[70000:], b""):
        record.write_bytes(damaged)
        with pytest.raises(DataError, match=r"is damaged \(\w+\); remove it and prepare it again"):
            read_records(source, "train", tmp_path)


def test_records_of_other_files_than_those_there_are_noticed(tiny_mnist, tmp_path, write_idx):
    write_idx(tmp_path / "mnist", count=10)
    prepare("mnist", tmp_path)
    write_idx(tmp_path / "mnist", count=20)
    with pytest.raises(DataError, match=r"differs from the original files, .* remove it and prepare it again"):
        prepare("mnist", tmp_path)


def test_damaged_files_leave_no_records(tiny_mnist, tmp_path):
    shutil.copytree(tiny_mnist, tmp_path / "mnist")
    file = tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is cut short"):
        prepare("mnist", tmp_path)
    left = [path for path in (tmp_path / "tensorflow_datasets").rglob("*") if "record" in path.name]
    assert left == []
    assert load("mnist", "train", tmp_path).provenance.route == "original files"
