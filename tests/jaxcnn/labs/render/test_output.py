"""The folder of a report is written whole or not at all, and never takes the place of anything else."""

import json

import pytest

from jaxcnn.labs.render import output
from jaxcnn.labs.render.output import check_folder, replaced_whole, write_report
from jaxcnn.labs.report import Attachment, LabReport, Section
from tests.jaxcnn.labs._tiny import LAB, Config


def with_file(write):
    return LabReport("name", "title", "why", (Section("One", (Attachment("a file", "model.bin", write),)),), {})


def names(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*"))


def test_a_report_has_all_its_forms(folder):
    assert names(folder) == [
        "figures",
        "figures/loss.png",
        "figures/loss.svg",
        "numbers.json",
        "report.html",
        "report.ipynb",
        "report.pdf",
    ]
    assert json.loads((folder / "numbers.json").read_text())["lab"] == "tiny"
    assert [file.name for file in folder.parent.iterdir()] == ["tiny"]


def test_a_file_beside_the_report_is_written_and_linked_to(tmp_path):
    write_report(LAB, Config(), with_file(lambda path: path.write_text("weights")), tmp_path / "out")
    assert (tmp_path / "out" / "model.bin").read_text() == "weights"
    assert 'href="model.bin"' in (tmp_path / "out" / "report.html").read_text()


def test_a_report_takes_the_place_of_an_older_one_and_leaves_nothing_of_it(tmp_path):
    out = tmp_path / "out"
    write_report(LAB, Config(), with_file(lambda path: path.write_text("old")), out)
    write_report(LAB, Config(), LabReport("name", "new title", "why", (), {}), out)
    assert "new title" in (out / "report.html").read_text()
    assert not (out / "model.bin").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_when_writing_fails_the_older_report_stays_as_it_was_and_nothing_is_left_behind(tmp_path):
    out = tmp_path / "out"
    write_report(LAB, Config(), with_file(lambda path: path.write_text("old")), out)
    before = {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()}

    def fail(path):
        path.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_report(LAB, Config(), with_file(fail), out)
    assert {name: (out / name).read_bytes() for name in names(out) if (out / name).is_file()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_report_that_was_moved_away_by_what_was_killed_then_is_put_back(tmp_path):
    (tmp_path / ".out.older").mkdir()
    (tmp_path / ".out.older" / "report.html").write_text("old")

    def fail():
        with replaced_whole(tmp_path / "out"):
            raise OSError("no")

    with pytest.raises(OSError, match="no"):
        fail()
    assert names(tmp_path) == ["out", "out/report.html"]


def test_a_folder_with_other_files_is_refused_and_stays_as_it_was(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(FileExistsError, match=r"`--out` must be a new or empty folder.* holds other files"):
        write_report(LAB, Config(), LabReport("name", "title", "why", (), {}), tmp_path)
    assert names(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize("foreign", ["thesis.tex", "figures/mine.png"])
def test_a_report_to_which_a_file_was_added_is_not_replaced(foreign, tmp_path):
    out = tmp_path / "missing" / "out"
    report = LabReport("name", "title", "why", (), {})
    write_report(LAB, Config(), report, out)
    (out / foreign).write_text("mine")
    with pytest.raises(FileExistsError, match=f"such as {foreign}"):
        write_report(LAB, Config(), report, out)
    assert (out / foreign).read_text() == "mine"


@pytest.mark.parametrize("text", ["[1]", "not JSON", '{"lab": "other"}'])
def test_the_numbers_of_something_else_do_not_make_a_folder_ours(text, tmp_path):
    (tmp_path / "numbers.json").write_text(text)
    with pytest.raises(FileExistsError, match=r"such as numbers\.json"):
        check_folder(tmp_path, "tiny")


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("file", NotADirectoryError, "`--out` must be a folder; .*file is a file"),
        ("file/out", NotADirectoryError, "cannot be written: .*out would lie in .*file, which is a file"),
    ],
)
def test_what_cannot_be_written_is_told_before_long_work(name, error, message, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(error, match=message):
        check_folder(tmp_path / name, "tiny")
    assert names(tmp_path) == ["file"]


def test_a_folder_without_permission_is_told(tmp_path, monkeypatch):
    def refuse(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(output.tempfile, "mkdtemp", refuse)
    with pytest.raises(PermissionError, match=r"`--out` cannot be written: .*out: Read-only file system"):
        check_folder(tmp_path / "out", "tiny")


def test_an_empty_folder_is_good(tmp_path):
    check_folder(tmp_path, "tiny")


def test_what_jupyter_leaves_in_an_opened_report_is_not_in_the_way(tmp_path):
    out = tmp_path / "out"
    write_report(LAB, Config(), with_file(lambda path: path.write_text("weights")), out)
    (out / ".ipynb_checkpoints").mkdir()
    (out / ".ipynb_checkpoints" / "report-checkpoint.ipynb").touch()
    check_folder(out, "name")
