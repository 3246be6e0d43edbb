"""Downloads from a server on this machine: compared with their sums before they get their names."""

import dataclasses
import functools
import http.server
import re
import sys
import threading

import pytest

from jaxcnn.datasets import DataError, load, prepare
from jaxcnn.datasets.catalogue import CATALOGUE


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(tiny_mnist, monkeypatch):
    """Serve the tiny MNIST; return the folder that is served."""
    handler = functools.partial(Handler, directory=str(tiny_mnist))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        monkeypatch.setitem(CATALOGUE, "mnist", dataclasses.replace(CATALOGUE["mnist"], url=url))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr("jaxcnn.datasets.loading._has_reader", lambda: False)  # files only, whatever is installed
        yield tiny_mnist
        server.shutdown()
        thread.join()


def content(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def test_what_is_missing_is_downloaded_once(served, tmp_path):
    assert load("mnist", "test", tmp_path).provenance.content == "published"
    assert sorted(content(tmp_path / "mnist")) == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    for file in served.glob("t10k*"):
        file.unlink()
    assert len(load("mnist", "test", tmp_path)) == 20


def test_prepare_gets_every_split_and_tells_how_far_it_is(served, tmp_path):
    seen = {}
    found = prepare("mnist", tmp_path, watch=lambda name, come, size: seen.update({name: (come, size)}))
    assert [len(found[split]) for split in ("train", "test")] == [20, 20]
    assert content(tmp_path / "mnist") == content(served)
    assert seen == {name: (len(data), len(data)) for name, data in content(served).items()}


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (
            lambda file: file.write_bytes(file.read_bytes()[:-1]),
            r"hash of downloaded file .* does not match|ValueError",
        ),
        (lambda file: file.write_bytes(b"<html>"), r"hash of downloaded file|ValueError"),
        (lambda file: file.write_bytes(bytes(2**20)), r"the server sends more than its \d+ bytes"),
        (lambda file: file.unlink(), "404 Client Error"),
    ],
    ids=["cut short", "a page instead", "far too long", "not there"],
)
def test_what_does_not_match_never_gets_its_name(spoil, cause, served, tmp_path):
    spoil(served / "train-labels-idx1-ubyte.gz")
    by_hand = re.escape(
        f"put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz from {CATALOGUE['mnist'].url} into"
    )
    message = (
        rf"^train-labels-idx1-ubyte\.gz of mnist could not be downloaded \(.*({cause}).*\): go online, or {by_hand}"
    )
    with pytest.raises(DataError, match=message):
        load("mnist", "train", tmp_path)
    assert list(content(tmp_path / "mnist")) == ["train-images-idx3-ubyte.gz"]


def test_offline_one_sentence_says_which_files_to_put_where(tiny_mnist, tmp_path):
    with pytest.raises(
        DataError, match=r"^train-images.* could not be downloaded \(\w*Error\): go online, or put train-"
    ) as told:
        load("mnist", "train", tmp_path)
    assert str(told.value).endswith(f"from http://127.0.0.1:9/ into {tmp_path / 'mnist'}.")
    assert content(tmp_path / "mnist") == {}


def test_without_pooch_the_error_names_the_extra_and_the_files(tiny_mnist, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[data\]', or put t10k-images-idx3-ubyte\.gz, t10k-lab"):
        load("mnist", "test", tmp_path)
