"""Files appear whole or not at all, whatever an earlier run has left."""

import pytest

from jaxcnn._files import written_whole


def test_what_a_killed_run_has_left_is_in_nobodys_way(tmp_path, monkeypatch):
    monkeypatch.setattr("os.getpid", lambda: 7)
    for left in (".history.json.7", ".history.json.tmp"):
        (tmp_path / left).write_text("half")
    with written_whole(tmp_path / "history.json") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "history.json").read_text() == "whole"


def half_written(file):
    file.write_text("half")
    raise OSError("no such thing")


def test_a_fault_while_writing_leaves_the_older_file_and_nothing_else(tmp_path):
    (tmp_path / "a").write_text("older")
    with pytest.raises(OSError, match="no such thing"), written_whole(tmp_path / "a") as temporary:
        half_written(temporary)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["older"]


def test_a_new_file_has_the_permissions_of_any_and_an_older_one_keeps_its_own(tmp_path):
    (tmp_path / "any").write_text("")
    for name in ("new", "older"):
        if name == "older":
            (tmp_path / name).write_text("")
            (tmp_path / name).chmod(0o600)
        with written_whole(tmp_path / name) as temporary:
            temporary.write_text("whole")
    modes = {name: (tmp_path / name).stat().st_mode & 0o777 for name in ("any", "new", "older")}
    assert modes["new"] == modes["any"]
    assert modes["older"] == 0o600
