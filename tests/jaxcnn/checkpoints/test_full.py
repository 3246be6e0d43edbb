"""A checkpoint that finds no room: one sentence, nothing that was saved is lost, and the files are named."""

import contextlib
import errno
import logging
import resource
import shutil

import numpy as np
import pytest

from jaxcnn._files import written_whole
from jaxcnn.checkpoints import load_checkpoint, save_checkpoint
from jaxcnn.checkpoints.full import told_if_unwritten

STATE = {"noise": np.random.default_rng(0).integers(0, 256, 400_000).astype(np.uint8)}  # nothing to compress


@contextlib.contextmanager
def files_up_to(size):
    """Let the system write no file of more than so many bytes; it says so as it does of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_saved_before_is_there_when_the_next_cannot_be_written(tmp_path, caplog):
    save_checkpoint(tmp_path, 1, STATE, {})
    with (
        files_up_to(200_000),
        pytest.raises(OSError, match=r"^checkpoint 2 in .* could not be .*\(File too lar"),
    ):
        save_checkpoint(tmp_path, 2, STATE, {})
    assert caplog.text == ""  # Orbax logs nothing of it beside
    found = load_checkpoint(tmp_path, STATE)
    assert found.number == 1
    assert found.refused == ()
    assert np.array_equal(found.state["noise"], STATE["noise"])
    save_checkpoint(tmp_path, 2, STATE, {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "1.json", "2", "2.json"]


def test_a_disk_that_is_too_full_is_told_before_anything_is_written(tmp_path, monkeypatch):
    save_checkpoint(tmp_path, 1, STATE, {})
    free = shutil.disk_usage(tmp_path)._replace(free=465_535)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    with pytest.raises(OSError, match=r"^checkpoint 2 in .* \(No space left on device: it may take 465,536 bytes, of"):
        save_checkpoint(tmp_path, 2, STATE, {})
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["1", "1.json"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free._replace(free=465_536))
    save_checkpoint(tmp_path, 2, STATE, {})


def test_only_what_is_raised_anyway_is_kept_out_of_the_log(caplog):
    log, full = logging.getLogger("absl"), OSError(errno.ENOSPC, "No space left on device")
    with told_if_unwritten("it"):
        log.error("a thread failed", exc_info=full)
        log.error("INTERNAL: [os_error_code='28'] while writing")
        log.error("a thread failed", exc_info=ValueError("of another kind"))
        log.warning("the disk will fail soon")
    assert [record.getMessage() for record in caplog.records] == ["a thread failed", "the disk will fail soon"]


def test_other_mistakes_are_left_as_they_are():
    with pytest.raises(ValueError, match=r"^something else$"), told_if_unwritten("it"):
        raise ValueError("something else")


def test_a_file_that_finds_no_room_is_named(tmp_path):
    path = tmp_path / "file"
    with files_up_to(1000), pytest.raises(OSError, match="File too large") as caught, written_whole(path) as temporary:
        temporary.write_bytes(b"x" * 2000)
    assert caught.value.filename == str(path)
    assert list(tmp_path.iterdir()) == []


def test_hdf5_s_long_text_becomes_the_system_s_words(tmp_path):
    path = tmp_path / "model.h5"
    with pytest.raises(OSError, match="No space left on device") as caught, written_whole(path):
        raise OSError("Can't close file (file write failed: time = now\n, errno = 28, error message = '...')")
    assert (caught.value.errno, caught.value.filename) == (28, str(path))
