"""Pictures of any size and mode as the pixels that a network takes, and files that are none."""

import random
import struct
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from jaxcnn.datasets import DataError, read_grey, read_picture
from tests.jaxcnn._mutants import mutated

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), np.uint8)


def saved(folder, pixels, name="picture.png", mode=None, **options):
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(folder / name, **options)
    return folder / name


def test_a_picture_of_the_right_size_and_mode_stays_as_it_is(tmp_path):
    np.testing.assert_array_equal(read_picture(saved(tmp_path, PIXELS), (6, 5, 3)), PIXELS)
    grey = saved(tmp_path, PIXELS[..., 0])
    np.testing.assert_array_equal(read_picture(grey, (6, 5, 1)), PIXELS[..., :1])


def test_colours_become_grey_and_grey_becomes_colours(tmp_path):
    found = read_picture(saved(tmp_path, PIXELS), (6, 5, 1))[..., 0]
    luma = PIXELS @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, of which Pillow keeps 16 bits
    assert np.abs(found - luma).max() <= 0.5 + 2**-7
    found = read_picture(saved(tmp_path, PIXELS[..., 0]), (6, 5, 3))
    np.testing.assert_array_equal(found, np.repeat(PIXELS[..., :1], 3, axis=2))


def test_another_size_is_averaged_over_whole_blocks(tmp_path):
    large = np.kron(PIXELS[..., 0], np.ones((8, 8), np.uint8))
    found = read_picture(saved(tmp_path, large), (3, 5, 1))[1, 2, 0]
    block = large[16:32, 16:24].mean()
    assert abs(int(found) - block) <= abs(large.max() - large.min()) / 2  # bilinear: neighbours count as well
    flat = saved(tmp_path, np.full((90, 70), 77, np.uint8), "flat.jpg")
    np.testing.assert_array_equal(read_picture(flat, (6, 5, 1)), 77)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_is_read(mode, tmp_path):
    picture = saved(tmp_path, np.full((4, 4, 3), 255, np.uint8), mode=mode)
    np.testing.assert_array_equal(read_picture(picture, (4, 4, 1)), 255)


def test_what_is_transparent_is_white(tmp_path):
    layers = np.zeros((2, 2, 4), np.uint8)
    layers[0, :, 3] = 255
    found = read_picture(saved(tmp_path, layers), (2, 2, 1))[..., 0]
    np.testing.assert_array_equal(found, [[0, 0], [255, 255]])


def test_a_photograph_is_turned_as_the_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = np.zeros((2, 4), np.uint8)
    pixels[0] = 200
    found = read_picture(saved(tmp_path, pixels, exif=exif), (4, 2, 1))[..., 0]
    np.testing.assert_array_equal(found, np.rot90(pixels, -1))


def test_a_picture_in_grey_keeps_its_size_and_is_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    found = read_grey(saved(tmp_path, PIXELS, exif=exif))
    grey = np.asarray(Image.fromarray(PIXELS).convert("L"))
    np.testing.assert_array_equal(found, np.rot90(grey, -1))


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (100, 255)], ids=["black", "white", "grey"])
def test_ink_on_what_is_transparent_is_seen(ink, paper, tmp_path):
    layers = np.full((4, 4, 4), ink, np.uint8)
    layers[..., 3] = 0
    layers[1, 2, 3] = 255
    expected = np.full((4, 4), paper)
    expected[1, 2] = ink
    np.testing.assert_array_equal(read_grey(saved(tmp_path, layers)), expected)


def test_what_is_no_picture_is_refused_in_grey_as_well(tmp_path):
    (tmp_path / "picture").write_text("a text")
    with pytest.raises(DataError, match=r"picture is no PNG or JPEG picture\.$"):
        read_grey(tmp_path / "picture")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side):
    """Return a PNG of some bytes that declares `side` times `side` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"picture is no PNG or JPEG picture\.$"),
        (b"a text", r"picture is no PNG or JPEG picture\.$"),
        (b"GIF89a" + bytes(100), r"picture is no PNG or JPEG picture\.$"),
        (bomb(9000), "picture is not read: 9000 x 9000 pixels of mode L"),
        (bomb(12000), r"picture is larger than any picture that is read, 67108864 pixels\.$"),
        (bomb(50000), r"picture is larger than any picture that is read, 67108864 pixels\.$"),
    ],
    ids=["empty", "text", "gif", "large", "larger", "bomb"],
)
def test_what_is_no_picture_is_refused_and_takes_no_memory(content, message, tmp_path):
    (tmp_path / "picture").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match=message):
        read_picture(tmp_path / "picture", (4, 4, 1))
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_16_bits_are_refused(tmp_path):
    picture = saved(tmp_path, np.full((4, 4), 60000, np.uint16))
    with pytest.raises(DataError, match="is not read: 4 x 4 pixels of mode I;16"):
        read_picture(picture, (4, 4, 1))


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg"])
def test_a_mutant_is_refused_in_one_sentence_or_read(name, tmp_path):
    chance, messages = random.Random(name), []
    content = saved(tmp_path, np.kron(PIXELS, np.ones((4, 4, 1), np.uint8)), name).read_bytes()
    for _ in range(100):
        (tmp_path / name).write_bytes(mutated(content, chance))
        try:
            found = read_picture(tmp_path / name, (6, 5, 3))
        except DataError as error:
            messages.append(str(error))
        else:
            assert (found.shape, found.dtype) == ((6, 5, 3), np.uint8)
    assert [text for text in messages if str(tmp_path / name) not in text or "\n" in text] == []
    assert len(messages) > 10


def test_a_network_that_takes_no_pictures_says_so(tmp_path):
    with pytest.raises(ValueError, match=r"^The network must take pictures, .*; it takes \(4,\)\.$"):
        read_picture(saved(tmp_path, PIXELS), (4,))


def test_without_pillow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"pip install 'jaxcnn\[data\]'"):
        read_picture(tmp_path / "picture.png", (4, 4, 1))
