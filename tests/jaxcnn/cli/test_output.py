"""Files that are written whole or not at all, and consoles that are plain where nobody looks."""

import io
import stat
import sys

import pytest

from jaxcnn.cli.output import check_writable, console, write_text


def test_a_file_is_written_with_the_permissions_of_any_new_file(tmp_path):
    write_text(tmp_path / "ours", "σ")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "ours").read_text("utf-8") == "σ"
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_when_writing_fails_the_older_file_stays_and_nothing_is_left_behind(tmp_path):
    file = tmp_path / "file"
    file.write_text("older")
    with pytest.raises(UnicodeEncodeError, match="surrogates not allowed"):
        write_text(file, "half \udc00")
    assert file.read_text() == "older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_when_the_new_file_cannot_take_its_place_nothing_is_left_behind(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_text(tmp_path / "folder", "text")
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder"]


def test_a_symbolic_link_is_followed_and_kept(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    link, file = tmp_path / "link", tmp_path / "elsewhere" / "file"
    link.symlink_to(file)
    write_text(link, "text")
    assert link.is_symlink()
    assert file.read_text() == "text"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        (".", IsADirectoryError, "is a folder: name a file to write"),
        ("missing/file", FileNotFoundError, "cannot be written: the folder .*missing does not exist"),
    ],
)
def test_what_cannot_be_written_is_explained_before_long_work(name, error, message, tmp_path):
    with pytest.raises(error, match=message):
        check_writable(tmp_path / name)


def test_a_folder_without_permission_is_explained(tmp_path, monkeypatch):
    # The administrator may write anywhere, so the system's answer is put in its place.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PermissionError, match="cannot be written: no permission to write into"):
        check_writable(tmp_path / "file")


def test_checking_writes_nothing(tmp_path):
    check_writable(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stderr", [False, True])
def test_a_console_that_is_piped_is_wide_and_without_colours(stderr, monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr" if stderr else "stdout", stream)
    console(stderr=stderr).print("[red]" + "word " * 30 + "[/red]")
    assert stream.getvalue() == "word " * 30 + "\n"
