"""`jaxcnn data`: what is there, getting it ready, checking it; exit 0 all well, 1 something is wrong, 2 bad usage."""

import gzip
import json
import re
import struct

import numpy as np
import pytest

from jaxcnn.cli import main


@pytest.fixture
def data(capsys):
    """Return `data(*arguments)`: run `jaxcnn data` and return its exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main(["data", *map(str, arguments)])
        return ended.value.code, *capsys.readouterr()

    return run


def write(folder, count=20):
    """Write a small part of MNIST."""
    folder.mkdir()
    for prefix in ("train", "t10k"):
        arrays = {"images-idx3": np.full((count, 28, 28), 51, np.uint8), "labels-idx1": np.arange(count) % 10}
        for kind, array in arrays.items():
            content = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            packed = gzip.compress(content + array.astype(np.uint8).tobytes())
            (folder / f"{prefix}-{kind}-ubyte.gz").write_bytes(packed)


def test_list_says_what_is_there(data, tmp_path):
    write(tmp_path / "mnist")
    code, out, err = data("list", "--data-dir", tmp_path)
    rows = {line.split()[0]: line for line in out.splitlines() if line}
    assert (code, err) == (0, "")
    assert re.search(r"60000 +10000 +files ", rows["mnist"])
    assert re.search(r"73257 +26032 +no ", rows["svhn"])
    assert out.splitlines()[-1] == f"in {tmp_path}"


def test_list_as_json(data, tmp_path):
    code, out, _ = data("list", "--data-dir", tmp_path, "--json")
    told = json.loads(out)
    assert (code, told["directory"]) == (0, str(tmp_path))
    assert [row["name"] for row in told["data"]] == ["digits", "mnist", "fashion_mnist", "svhn"]


@pytest.mark.parametrize("command", ["prepare", "verify"])
def test_the_embedded_digits_are_always_ready(command, data):
    code, out, err = data(command, "digits")
    assert (code, err) == (0, "")
    assert [line.split()[:5] for line in out.splitlines()[1:]] == [
        ["digits", "train", "scikit-learn", "unchecked", "1442"],
        ["digits", "test", "scikit-learn", "unchecked", "355"],
    ]


def test_verify_counts_what_is_there(data, tmp_path):
    write(tmp_path / "mnist")
    code, out, _ = data("verify", "mnist", "--data-dir", tmp_path, "--json")
    told = json.loads(out)
    train = told["splits"][0]
    assert (code, told["ok"]) == (0, True)
    assert (train["content"], train["examples"], train["class_counts"]) == ("part", 20, [2] * 10)
    assert train["mean"] == [pytest.approx(0.2, rel=1e-15)]


def test_verify_takes_a_folder(data, tmp_path):
    write(tmp_path / "mine")
    code, out, _ = data("verify", tmp_path / "mine")
    assert code == 0
    assert "folder" in out


def test_verify_names_the_damaged_file_and_goes_on(data, tmp_path):
    write(tmp_path / "mnist")
    file = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-1])
    code, out, err = data("verify", "mnist", "--data-dir", tmp_path)
    assert (code, err) == (1, "")
    assert "mnist  train" in out
    assert f"FAILED mnist, split test: {file} is cut short" in out
    told = json.loads(data("verify", "mnist", "--data-dir", tmp_path, "--json")[1])
    assert [split["ok"] for split in told["splits"]] == [True, False]


def test_verify_asks_for_what_is_not_there_and_downloads_nothing(data, tmp_path):
    code, out, err = data("verify", "svhn", "--data-dir", tmp_path)
    assert (code, err) == (1, "")
    assert f"put test_32x32.mat from http://ufldl.stanford.edu/housenumbers/ into {tmp_path / 'svhn'}." in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["prepare", "verify"])
def test_an_unknown_name_is_one_sentence_and_exit_code_2(command, data):
    sentence = (
        "jaxcnn: `name` must be one of digits, mnist, fashion_mnist, svhn, or the path of a folder; got 'cifar'.\n"
    )
    assert data(command, "cifar") == (2, "", sentence)
