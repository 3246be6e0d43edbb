"""A folder of one's own: three forms, its classes, a test split held out where there is none, and its faults."""

import re
import sys

import numpy as np
import pytest
from PIL import Image

from jaxcnn.datasets import DataError, load


def write_png(folder, pixels, mode="L"):
    """Write image after image into the folder of a class."""
    folder.mkdir(parents=True, exist_ok=True)
    for row, image in enumerate(pixels):
        Image.fromarray(image).convert(mode).save(folder / f"{row:03}.png")


def grey(count, seed=0, shape=(6, 5)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


@pytest.mark.parametrize("prefix", ["test", "t10k"])
@pytest.mark.parametrize("compress", [True, False])
def test_idx_files_of_both_names_are_read(prefix, compress, tmp_path, write_idx):
    drawn = write_idx(tmp_path, compress=compress, prefixes=("train", prefix))
    for split, written in (("train", "train"), ("test", prefix)):
        found = load(str(tmp_path), split)
        np.testing.assert_array_equal(found.images, drawn[written][0])
        np.testing.assert_array_equal(found.labels, drawn[written][1])
        assert found.classes == tuple("0123456789")
        assert (found.provenance.route, found.provenance.content) == ("folder", "unchecked")


@pytest.mark.parametrize("ending", ["_32x32", ""])
def test_mat_files_of_both_names_are_read(ending, tmp_path, write_mat):
    write_mat(tmp_path / f"train{ending}.mat", seed=1)
    images, labels = write_mat(tmp_path / f"test{ending}.mat", seed=2)
    found = load(str(tmp_path), "test")
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.labels, labels)


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3)])
def test_png_images_are_read_class_by_class(mode, channels, tmp_path):
    for label, name in enumerate(("apple", "pear")):
        write_png(tmp_path / "train" / name, grey(3, label), mode)
    write_png(tmp_path / "test" / "pear", grey(2, 7), mode)
    train, test = load(str(tmp_path), "train"), load(str(tmp_path), "test")
    assert train.classes == test.classes == ("apple", "pear")
    assert train.images.shape == (6, 6, 5, channels)
    np.testing.assert_array_equal(train.images[..., 0], np.concatenate([grey(3, 0), grey(3, 1)]))
    np.testing.assert_array_equal(train.labels, [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(test.labels, [1, 1])


def test_without_a_test_split_every_fifth_of_each_class_is_held_out(tmp_path):
    for label, name in enumerate(("a", "b")):
        write_png(tmp_path / name, grey(10 + 5 * label, label))
    train, test = load(str(tmp_path), "train"), load(str(tmp_path), "test")
    np.testing.assert_array_equal(np.bincount(train.labels), [8, 12])
    np.testing.assert_array_equal(np.bincount(test.labels), [2, 3])
    together = {image.tobytes() for image in np.concatenate([train.images, test.images])}
    assert together == {image.tobytes() for image in np.concatenate([grey(10, 0), grey(15, 1)])}


def test_classes_txt_names_the_classes(tmp_path, write_idx):
    write_idx(tmp_path)
    (tmp_path / "classes.txt").write_text("".join(f"class {label}\n" for label in range(10)))
    assert load(str(tmp_path), "test").classes[9] == "class 9"


def bad_classes(folder, _):
    (folder / "classes.txt").write_text("one\ntwo\n")


def unreadable_classes(folder, _):
    (folder / "classes.txt").write_bytes(b"\xff\xfe\xfa")


def same_classes(folder, _):
    (folder / "classes.txt").write_text("one\none\n")


def counts_differ(folder, write_idx):
    write_idx(folder / "other", count=19)
    (folder / "other/train-labels-idx1-ubyte.gz").rename(folder / "train-labels-idx1-ubyte.gz")


def no_labels(folder, _):
    (folder / "train-labels-idx1-ubyte.gz").unlink()


def two_forms(folder, _):
    write_png(folder / "a", grey(5))


def no_data(folder, _):
    for file in folder.iterdir():
        file.unlink()


def new_label(folder, write_idx):
    import gzip

    file = folder / "t10k-labels-idx1-ubyte.gz"
    content = bytearray(gzip.decompress(file.read_bytes()))
    content[-1] = 200
    file.write_bytes(gzip.compress(content))


IDX_FAULTS = {
    "fewer class names than labels": (bad_classes, r"label 2 of image 2 is not in 0 \.\. 1, and 15 more like it"),
    "class names that are no text": (unreadable_classes, r"classes\.txt is no text in UTF-8"),
    "class names that are equal": (same_classes, r"classes\.txt must hold one name a line, each once; got 2 lines"),
    "counts that differ": (counts_differ, r"train-images.*gz holds 20 images but .*train-labels.*gz holds 19 labels"),
    "no labels": (no_labels, "train-images-idx3-ubyte.gz but no train-labels-idx1-ubyte"),
    "two forms": (two_forms, "holds both idx and png files; expected one of"),
    "nothing": (no_data, "holds no training data; expected one of: train-images-idx3-ubyte"),
    "a test label that training lacks": (new_label, r"split 'test': label 200 of image 19 is not in 0 \.\. 9"),
}


@pytest.mark.parametrize(("spoil", "message"), IDX_FAULTS.values(), ids=IDX_FAULTS)
def test_a_faulty_folder_is_named_with_its_fault(spoil, message, tmp_path, write_idx):
    write_idx(tmp_path)
    spoil(tmp_path, write_idx)
    with pytest.raises(DataError, match=f"^{re.escape(str(tmp_path))}.*{message}"):
        load(str(tmp_path), "test")


def png(folder, name="b/001.png"):
    for label in "ab":
        write_png(folder / label, grey(5))
    return folder / name


PNG_FAULTS = {
    "text": (lambda file: file.write_bytes(b"<html>"), "is no PNG image or is damaged: cannot identify"),
    "empty": (lambda file: file.write_bytes(b""), "is no PNG image or is damaged"),
    "cut short": (lambda file: file.write_bytes(file.read_bytes()[:-30]), "is no PNG image or is damaged"),
    "another format": (lambda file: Image.fromarray(grey(1)[0]).save(file, "GIF"), "is no PNG image"),
    "another size": (
        lambda file: Image.fromarray(grey(1, shape=(5, 6))[0]).save(file),
        r"is \(5, 6, 1\) \(height, width, channels\), but the images before it are \(6, 5, 1\)",
    ),
    "another mode": (lambda file: Image.fromarray(grey(1)[0]).convert("RGB").save(file), r"is \(6, 5, 3\)"),
    "a palette": (lambda file: Image.fromarray(grey(1)[0]).convert("P").save(file), "is an image of mode P: save it"),
    "16 bits": (lambda file: Image.fromarray(grey(1)[0].astype(np.uint16)).save(file), "is an image of mode I;16"),
}


@pytest.mark.parametrize(("spoil", "message"), PNG_FAULTS.values(), ids=PNG_FAULTS)
def test_a_faulty_png_is_named_with_its_fault(spoil, message, tmp_path):
    file = png(tmp_path)
    spoil(file)
    with pytest.raises(DataError, match=f"^{re.escape(str(file))} {message}"):
        load(str(tmp_path))


def test_a_png_that_declares_a_huge_image_is_refused_before_it_is_unpacked(tmp_path):
    import struct
    import zlib

    file = png(tmp_path, "a/000.png")
    head = b"IHDR" + struct.pack(">IIBBBBB", 2**30, 2**30, 8, 0, 0, 0, 0)
    content = file.read_bytes()
    file.write_bytes(content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:])
    with pytest.raises(DataError, match=r"a/000\.png is larger than any image that is read"):
        load(str(tmp_path))


def test_a_class_that_only_the_test_images_have_is_named(tmp_path):
    write_png(tmp_path / "train" / "a", grey(5))
    write_png(tmp_path / "test" / "b", grey(5))
    with pytest.raises(DataError, match="holds the class b, which the training images do not have"):
        load(str(tmp_path), "test")


def test_too_few_examples_to_hold_any_out_are_refused(tmp_path):
    write_png(tmp_path / "a", grey(4))
    with pytest.raises(DataError, match="holds no test data, and too few examples of each class"):
        load(str(tmp_path), "test")


def test_without_pillow_the_error_names_the_extra(tmp_path, monkeypatch):
    png(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[data\]'"):
        load(str(tmp_path))
