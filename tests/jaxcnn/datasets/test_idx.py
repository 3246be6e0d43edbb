"""IDX files, plain and compressed: what is read, and every fault that a file can have."""

import gzip
import re
import struct

import numpy as np
import pytest

from jaxcnn.datasets import DataError
from jaxcnn.datasets.idx import idx_header, read_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
PLAIN = struct.pack(">BBBB3I", 0, 0, 8, 3, 2, 3, 4) + IMAGES.tobytes()
PACKED = gzip.compress(PLAIN, mtime=0)


@pytest.mark.parametrize(("name", "content"), [("images", PLAIN), ("images.gz", PACKED)])
def test_an_idx_file_is_read_as_it_was_written(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    np.testing.assert_array_equal(read_idx(tmp_path / name, 3), IMAGES)


def test_a_gzip_file_of_several_members_is_one_file(tmp_path):
    (tmp_path / "images.gz").write_bytes(gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:]))
    np.testing.assert_array_equal(read_idx(tmp_path / "images.gz", 3), IMAGES)


def test_the_header_is_that_of_the_format():
    assert idx_header((2, 3, 4)) == PLAIN[:16]


BOMB = idx_header((1, 2, 2)) + bytes(2**24)  # 16 MiB of zeros behind a header that declares 4 bytes
FAULTS = {
    "cut short": ("f", PLAIN[:-1], r"f is cut short: \(2, 3, 4\) is declared, but after 23 bytes it ends"),
    "cut in the header": ("f", PLAIN[:10], "f is cut short: it ends within its header"),
    "empty": ("f", b"", "f is no IDX file of images: .* got b''"),
    "too long": ("f", PLAIN + b"x", "f holds more than the 24 bytes that its header declares"),
    "wrong magic": ("f", b"\0\0\x08\x01" + PLAIN[4:], r"f is no IDX file of images: .* got b'\\x00\\x00\\x08\\x01'"),
    "not bytes": ("f", b"\0\0\x0d\x03" + PLAIN[4:], "f is no IDX file of images"),
    "compressed but not called so": ("f", PACKED, r"f is no IDX file .* got b'\\x1f\\x8b"),
    "no examples": ("f", idx_header((0, 28, 28)), r"f holds nothing: its header declares \(0, 28, 28\)"),
    "declares what it cannot hold": ("f", idx_header((2**31, 28, 28)) + bytes(64), "f declares .* more than it can"),
    "text called gz": ("f.gz", b"<html>404</html>", r"f\.gz is called \.gz but is no gzip file: .* b'<html>404</h'"),
    "plain called gz": ("f.gz", PLAIN, r"f\.gz is called \.gz but is no gzip file"),
    "gzip cut short": ("f.gz", PACKED[:-9], r"f\.gz is cut short: the compressed stream ends"),
    "gzip checksum cut off": ("f.gz", PACKED[:-1], r"f\.gz is cut short: the compressed stream ends"),
    "gzip checksum wrong": ("f.gz", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], r"f\.gz is damaged: CRC check failed"),
    "gzip damaged": ("f.gz", PACKED[:10] + b"\xff" * 8 + PACKED[18:], r"f\.gz is damaged: Error -3"),
    "gzip with text behind it": ("f.gz", PACKED + b"text", r"f\.gz is damaged: Not a gzipped file"),
    "gzip bomb": ("f.gz", gzip.compress(BOMB), r"f\.gz holds more than the 4 bytes"),
    "gzip declares too much": ("f.gz", gzip.compress(idx_header((2**32 - 1, 28, 28))), r"f\.gz declares .* more than"),
}


@pytest.mark.parametrize(("name", "content", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_file_is_named_with_its_fault(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))}/{message}"):
        read_idx(tmp_path / name, 3)


@pytest.mark.parametrize("axes", [1, 3])
def test_labels_are_not_taken_for_images_nor_images_for_labels(axes, tmp_path):
    (tmp_path / "f").write_bytes(idx_header((2,) * (4 - axes)) + bytes(8))
    with pytest.raises(DataError, match="f is no IDX file of"):
        read_idx(tmp_path / "f", axes)


def test_a_gzip_bomb_is_refused_without_unpacking_it(tmp_path, monkeypatch):
    (tmp_path / "f.gz").write_bytes(gzip.compress(BOMB))
    come = []
    read = gzip.GzipFile.read

    def watched(self, size=-1):
        come.append(len(found := read(self, size)))
        return found

    monkeypatch.setattr(gzip.GzipFile, "read", watched)
    with pytest.raises(DataError, match="holds more than"):
        read_idx(tmp_path / "f.gz", 3)
    assert sum(come) == 16 + 4 + 1


def test_a_file_that_is_not_there_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="f"):
        read_idx(tmp_path / "f", 3)
