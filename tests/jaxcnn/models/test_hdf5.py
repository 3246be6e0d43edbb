"""Our reader of HDF5 against h5py: what both can read they read alike, and what Keras never writes is refused."""

import struct

import h5py
import numpy as np
import pytest

from jaxcnn.models import ModelError
from jaxcnn.models.hdf5 import Hdf5


@pytest.fixture
def file(tmp_path):
    """Return `file(write, **options)`: let `write` fill an HDF5 file by h5py, and open it with our reader."""

    def make(write, **options):
        with h5py.File(tmp_path / "file.h5", "w", **options) as opened:
            write(opened)
        return Hdf5(tmp_path / "file.h5")

    return make


def test_a_group_of_many_members_is_a_tree_of_several_levels(file):
    def write(opened):
        for row in range(2000):
            opened.create_group(f"group/{row}").attrs["name"] = f"member {row}"

    found = file(write)
    assert [found.attribute(f"group/{row}", "name") for row in (0, 7, 999, 1999)] == [
        ["member 0"],
        ["member 7"],
        ["member 999"],
        ["member 1999"],
    ]
    with pytest.raises(ModelError, match=r"^it holds no group/2000$"):
        found.attribute("group/2000", "name")


@pytest.mark.parametrize(
    "value",
    ["é" * 20000, "", b"fixed", np.array([b"a", b"longer"]), ["one", "", "dreié"], np.array(["x"], dtype="S9"), []],
    ids=["long", "empty", "bytes", "fixed", "variable", "padded", "none"],
)
def test_texts_are_those_that_h5py_reads(value, file, tmp_path):
    def write(opened):
        for row in range(30):  # enough to continue the header elsewhere, twice
            opened.attrs[f"before {row}"] = f"{row}" * row
        opened.attrs["it"] = value

    found = file(write).attribute("", "it")
    with h5py.File(tmp_path / "file.h5") as opened:
        theirs = np.atleast_1d(opened.attrs["it"])
    assert found == [text.decode() if isinstance(text, bytes) else text for text in theirs]


def test_a_text_that_is_told_over_and_over_takes_no_more_memory_than_its_file(file, tmp_path):
    file(lambda opened: opened.attrs.update({"it": ["x" * 3000] + ["y"] * 3000}))
    content = (tmp_path / "file.h5").read_bytes()
    references = content.index(struct.pack("<I", 3000), content.index(b"it\0"))
    long = content[references : references + 16]
    (tmp_path / "file.h5").write_bytes(content[:references] + long * 3001 + content[references + 16 * 3001 :])
    with pytest.raises(ModelError, match="a text of 3000 bytes is not in its heap"):
        Hdf5(tmp_path / "file.h5").attribute("", "it")


def test_an_attribute_that_is_not_there_is_none(file):
    assert file(lambda opened: opened.attrs.update({"other": "x"})).attribute("", "it") is None


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (2, 3, 4, 5)])
def test_arrays_are_those_that_were_written(dtype, shape, file):
    values = np.random.default_rng(0).normal(size=shape).astype(dtype)
    found = file(lambda opened: opened.create_dataset("a/b", data=values)).array("a/b")
    np.testing.assert_array_equal(found, values, strict=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": np.ones((4, 4), "<f4"), "compression": "gzip"}, "^a is compressed, which is not read: save it again"),
        (
            {"data": np.ones((4, 4), "<f4"), "chunks": (2, 2)},
            "^it is damaged or cut short: a is not stored in one piece",
        ),
        ({"data": np.ones(4, ">f4")}, "^it is .*: an array's numbers are of a type that is not read"),
        ({"data": np.ones(4, "<i4")}, "^it is .*: an array's numbers are of a type that is not read"),
        ({"shape": (4,), "dtype": "<f4"}, r"^it is .*: a is declared as \(4,\) but stored in 0 bytes"),
    ],
)
def test_arrays_as_keras_does_not_write_them_are_refused(options, message, file):
    found = file(lambda opened: opened.create_dataset("a", **options))
    with pytest.raises(ModelError, match=message):
        found.array("a")


def test_an_array_is_no_group_and_a_group_no_array(file):
    def write(opened):
        opened.create_group("a/b")
        opened["c"] = np.ones(3, "<f4")

    found = file(write)
    with pytest.raises(ModelError, match="the type of a/b is described 0 times"):
        found.array("a/b")
    with pytest.raises(ModelError, match="a group is described 0 times"):
        found.array("c/d")


def test_an_attribute_of_numbers_is_no_text(file):
    found = file(lambda opened: opened.attrs.update({"it": 3.0}))
    with pytest.raises(ModelError, match="an attribute that should be text is of type 1"):
        found.attribute("", "it")


def test_the_newer_form_is_told_apart(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w", libver="latest") as opened:
        opened["a"] = np.ones(3, "<f4")
    with pytest.raises(
        ModelError, match=r"^it is in another form of HDF5 than Keras writes: save it again with Keras$"
    ):
        Hdf5(tmp_path / "file.h5")


def test_a_tree_that_comes_back_is_refused(tmp_path):
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as opened:
        for row in range(400):
            opened.create_group(f"{row:04}")
    content = path.read_bytes()
    (top,) = [place for place in range(0, len(content), 8) if content[place : place + 6] == b"TREE\0\1"]
    (leaf,) = struct.unpack_from("<Q", content, top + 32)
    (node,) = struct.unpack_from("<Q", content, leaf + 32)
    # Children follow at every 16 bytes: the second in the place of the first, and the tree as its own child.
    for place, wrong in ((top + 48, leaf), (leaf + 48, node), (top + 32, top)):
        path.write_bytes(content[:place] + struct.pack("<Q", wrong) + content[place + 8 :])
        with pytest.raises(ModelError, match=f"a tree visits {wrong} twice"):
            Hdf5(path).attribute("0001", "name")


def test_a_header_that_continues_where_it_has_been_is_refused(tmp_path):
    path = tmp_path / "file.h5"
    with h5py.File(path, "w") as opened:
        for row in range(30):
            opened.attrs[f"attribute {row}"] = f"value {row}"
    content = path.read_bytes()
    (header,) = struct.unpack_from("<Q", content, 64)
    (size,) = struct.unpack_from("<I", content, header + 8)
    first = content[header + 16 : header + 16 + size]
    place = header + 16 + first.index(struct.pack("<HH", 0x10, 16)) + 8
    damaged = bytearray(content)
    damaged[place : place + 16] = struct.pack("<QQ", header + 16, size)
    path.write_bytes(damaged)
    with pytest.raises(ModelError, match=f"an object header at {header} continues where it has been"):
        Hdf5(path).attribute("", "attribute 29")


def test_a_file_that_is_cut_short_says_so(file, tmp_path):
    file(lambda opened: opened.create_dataset("a", data=np.ones(100, "<f4")))
    content = (tmp_path / "file.h5").read_bytes()
    (tmp_path / "file.h5").write_bytes(content[:-1])
    with pytest.raises(
        ModelError, match=rf"should begin at 0 and end at {len(content)}, and has {len(content) - 1} bytes"
    ):
        Hdf5(tmp_path / "file.h5")


def test_a_file_larger_than_any_that_is_read_takes_no_memory(tmp_path):
    with (tmp_path / "file.h5").open("wb") as hollow:
        hollow.truncate(2**32 + 1)
    with pytest.raises(ModelError, match=r"^it holds 4294967297 bytes, more than is read, 4294967296$"):
        Hdf5(tmp_path / "file.h5")
