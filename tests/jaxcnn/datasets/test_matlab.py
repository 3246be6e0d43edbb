"""MATLAB 5 files: read as SciPy reads them, and every fault that a file can have."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
import scipy.io

from jaxcnn.datasets import DataError
from jaxcnn.datasets.arrays import from_mat
from jaxcnn.datasets.matlab import read_matlab

X = np.arange(2 * 3 * 1 * 4, dtype=np.uint8).reshape(2, 3, 1, 4)
Y = np.uint8([[1], [10], [3], [9]])


def mat(compress=True, **variables):
    file = io.BytesIO()
    scipy.io.savemat(file, variables, do_compression=compress)
    return file.getvalue()


@pytest.mark.parametrize("compress", [True, False])
def test_a_file_is_read_as_scipy_reads_it(compress, tmp_path):
    (tmp_path / "f.mat").write_bytes(mat(compress, X=X, other={"a": [1, 2]}, y=Y.astype(float), text="ignored"))
    found, expected = read_matlab(tmp_path / "f.mat", ("X", "y")), scipy.io.loadmat(tmp_path / "f.mat")
    assert set(found) == {"X", "y"}
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name])


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("compress", [True, False])
def test_every_type_of_number_is_read(dtype, compress, tmp_path):
    values = np.array([[0, 1, 2, 100]], dtype)
    (tmp_path / "f.mat").write_bytes(mat(compress, y=values))
    np.testing.assert_array_equal(read_matlab(tmp_path / "f.mat", ("y",))["y"], values)


def big_endian(values):
    """Return a file of one variable y of unsigned bytes as a machine with the other byte order writes it."""
    parts = struct.pack(">IIII", 6, 8, 9, 0) + struct.pack(">IIii", 5, 8, *values.shape)
    parts += struct.pack(">HH4s", 1, 1, b"y") + struct.pack(">II", 2, values.size) + values.tobytes(order="F")
    parts += bytes(-len(parts) % 8)
    return bytes(124) + b"\x01\x00MI" + struct.pack(">II", 14, len(parts)) + parts


def test_the_other_byte_order_is_read(tmp_path):
    values = np.arange(5, dtype=np.uint8)[:, None]
    (tmp_path / "f.mat").write_bytes(big_endian(values))
    np.testing.assert_array_equal(read_matlab(tmp_path / "f.mat", ("y",))["y"], values)


def test_images_and_labels_come_in_our_order_and_ten_stands_for_zero(tmp_path, write_mat):
    images, labels = write_mat(tmp_path / "f.mat")
    found = from_mat(tmp_path / "f.mat")
    np.testing.assert_array_equal(found[0], images)
    np.testing.assert_array_equal(found[1], labels)
    assert (found[1].dtype, found[0].flags.c_contiguous) == (np.int32, True)


def test_a_single_image_keeps_its_axis(tmp_path):
    (tmp_path / "f.mat").write_bytes(mat(X=X[..., 0], y=Y[:1]))
    assert from_mat(tmp_path / "f.mat")[0].shape == (1, 2, 3, 1)


def compressed(inner):
    """Return a file whose one compressed variable holds `inner`."""
    packed = zlib.compress(inner)
    return mat()[:128] + struct.pack("<II", 15, len(packed)) + packed


WHOLE, FLAT = mat(X=X, y=Y), mat(False, X=X, y=Y)
VARIABLE = zlib.decompress(mat(X=X)[136:])
FAULTS = {
    "empty": (b"", "is no MATLAB 5 file"),
    "text": (b"<html>" * 50, "is no MATLAB 5 file"),
    "version 7.3": (b"MATLAB 7.3 MAT-file" + bytes(300), "is a MATLAB 7.3 file, which is HDF5: save it with '-v7'"),
    "only a header": (WHOLE[:128], "holds no variable X and no y"),
    "cut short": (WHOLE[:-1], "is cut short: .* bytes are declared where"),
    "plain, cut short": (FLAT[:-1], "is cut short: .* bytes are declared where"),
    "cut within a tag": (WHOLE[:133], "is cut short or damaged within a tag"),
    "no X": (mat(y=Y), "holds no variable X"),
    "no y": (mat(X=X), "holds no variable y"),
    "a variable twice": (WHOLE + WHOLE[128:], "holds the variable X twice"),
    "X of floats": (mat(X=X.astype(float) + 0.5, y=Y), r"X must be \(rows, .* got \(2, 3, 1, 4\) float64"),
    "X of two axes": (mat(X=X[:, :, 0, 0], y=Y), r"X must be \(rows"),
    "X of five channels": (mat(X=np.zeros((2, 2, 5, 4), np.uint8), y=Y), r"X must be \(rows"),
    "X a structure": (mat(X={"a": X}, y=Y), "X must be an array of real numbers"),
    "X complex": (mat(X=X * 1j, y=Y), "X must be an array of real numbers"),
    "X empty": (mat(X=X[..., :0], y=Y), "X holds nothing"),
    "y a matrix": (mat(X=X, y=Y.reshape(2, 2)), r"y must be \(N, 1\); got \(2, 2\)"),
    "fewer labels": (mat(X=X, y=Y[:3]), "holds 4 images but 3 labels"),
    "label 0": (mat(X=X, y=Y - 1), r"label 0 of image 0 is not a whole number in 1 \.\. 10"),
    "label 11": (mat(X=X, y=Y + 1), "label 11 of image 1 is not a whole number"),
    "label 1.5": (mat(X=X, y=Y + 0.5), r"label 1\.5 of image 0 is not a whole number"),
    "label NaN": (mat(X=X, y=np.where(Y == 3, np.nan, Y)), "label nan of image 2 is not a whole number"),
    "bomb": (compressed(VARIABLE + bytes(2**24)), "does not end where it should"),
    "variable shorter than declared": (compressed(VARIABLE[:-8]), "a compressed variable ends early"),
    "checksum wrong": (WHOLE[:-4] + b"\0\0\0\0", "is damaged: Error -3 .* incorrect data check"),
    "no variable inside": (compressed(struct.pack("<II", 9, 8) + bytes(8)), "a compressed element is no variable"),
    "declares more than it can": (compressed(struct.pack("<II", 14, 2**31) + VARIABLE[8:]), "declares 2147483648"),
}


@pytest.mark.parametrize(("content", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_file_is_named_with_its_fault(content, message, tmp_path):
    (tmp_path / "f.mat").write_bytes(content)
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))}/f.mat.* {message}"):
        from_mat(tmp_path / "f.mat")
