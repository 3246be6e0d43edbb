"""Small valid files, changed by chance: each is refused with `DataError` or read as it is, and nothing else happens.

What is read is compared with another reader: `numpy.frombuffer` behind gzip, or SciPy.
"""

import gzip
import io
import random
import tracemalloc

import numpy as np
import pytest
import scipy.io

from jaxcnn.datasets import DataError
from jaxcnn.datasets.arrays import from_idx, from_mat
from jaxcnn.datasets.idx import read_idx
from tests.jaxcnn._mutants import mutated
from tests.jaxcnn.datasets._files import draw, idx_bytes, mat_variables

MUTANTS = 150  # of each kind of file
MEMORY = 2**25  # a file of some kilobytes may not take more than deflate's ratio allows; the files hold at most 60 KiB


def mat_bytes(compress):
    file = io.BytesIO()
    scipy.io.savemat(file, mat_variables(*draw(shape=(32, 32, 3))), do_compression=compress)
    return file.getvalue()


IMAGES, LABELS = draw()
FILES = {
    "images": idx_bytes(IMAGES[..., 0]),
    "images.gz": gzip.compress(idx_bytes(IMAGES[..., 0]), mtime=0),
    "labels": idx_bytes(LABELS),
    "labels.gz": gzip.compress(idx_bytes(LABELS), mtime=0),
    "packed.mat": mat_bytes(True),
    "plain.mat": mat_bytes(False),
}


def read(path):
    """Return what our reader finds."""
    if path.suffix == ".mat":
        return from_mat(path)
    return (read_idx(path, 3 if "images" in path.name else 1),)


def read_otherwise(path):
    """Return what another reader finds in the same bytes."""
    if path.suffix == ".mat":
        # The text at its beginning means nothing, but SciPy takes a zero in it for the mark of a MATLAB 4 file.
        other = scipy.io.loadmat(io.BytesIO(FILES[path.name][:116] + path.read_bytes()[116:]))
        return other["X"].transpose(3, 0, 1, 2), other["y"].reshape(-1) % 10
    content = path.read_bytes()
    content = gzip.decompress(content) if path.suffix == ".gz" else content
    shape = np.frombuffer(content[4 : 4 + 4 * content[3]], ">u4")
    return (np.frombuffer(content[4 + 4 * content[3] :], np.uint8).reshape(shape),)


@pytest.mark.parametrize("name", FILES)
def test_a_mutant_is_refused_in_one_sentence_or_read_as_another_reader_reads_it(name, tmp_path):
    chance, path, messages = random.Random(name), tmp_path / name, []
    tracemalloc.start()
    for _ in range(MUTANTS):
        path.write_bytes(mutated(FILES[name], chance))
        try:
            found = read(path)
        except DataError as error:
            messages.append(str(error))
        else:
            for ours, other in zip(found, read_otherwise(path), strict=True):
                np.testing.assert_array_equal(ours, other)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert MUTANTS // 4 < len(messages) <= MUTANTS
    assert [text for text in messages if str(path) not in text or "\n" in text] == []
    assert peak < MEMORY


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_changed_is_read(name, tmp_path):
    (tmp_path / name).write_bytes(FILES[name])
    expected = IMAGES[..., 0] if "images" in name else LABELS if "labels" in name else draw(shape=(32, 32, 3))[0]
    np.testing.assert_array_equal(read(tmp_path / name)[0], expected)


def test_images_and_labels_that_are_both_right_but_of_different_number_are_refused(tmp_path):
    (tmp_path / "images").write_bytes(FILES["images"])
    (tmp_path / "labels").write_bytes(idx_bytes(LABELS[:-1]))
    with pytest.raises(DataError, match=r"images holds 20 images but .*labels holds 19 labels"):
        from_idx(tmp_path / "images", tmp_path / "labels")
