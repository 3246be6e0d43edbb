"""`jaxcnn labs` and `jaxcnn lab`: from the command to the folder of the report, and what they refuse."""

import dataclasses
import gzip
import json
import re
import sys

import pytest

import jaxcnn.labs
from jaxcnn.cli import main
from jaxcnn.labs import training as labs_training
from jaxcnn.labs.progress import Progress
from tests.jaxcnn.labs._tiny import LAB

LABS = {"tiny": LAB, "other": dataclasses.replace(LAB, name="other", title="Another")}


@pytest.fixture(autouse=True)
def _tiny_labs(monkeypatch):
    monkeypatch.setattr(jaxcnn.labs, "LABS", LABS)
    monkeypatch.setattr(labs_training, "MINUTES", 1e-9)  # every epoch is kept


@pytest.fixture
def run(capsys):
    """Return `run(*arguments)`: the exit code, stdout and stderr of the command line."""

    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            main(list(map(str, arguments)))
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def interrupt(monkeypatch):
    """Return `interrupt(title, epoch)`: interrupt what is trained then, as Control-C does; `interrupt()`: no more."""

    def interrupt(title=None, epoch=None):
        def at(self, of, record):
            if (of, record.number) == (title, epoch):
                raise KeyboardInterrupt

        monkeypatch.setattr("jaxcnn.cli.lab_display.Display.epoch", at if title else Progress.epoch)

    return interrupt


def numbers(folder):
    told = json.loads((folder / "numbers.json").read_text())
    return told["settings"], told["results"]


def test_labs_lists_name_data_question_and_settings(run):
    code, out, err = run("labs")
    assert (code, err) == (0, "")
    assert re.search(
        r"^tiny +mnist +Does <the frame> hold\? +epochs=4, rate=0\.05, shuffled=True, most=None, name=tiny$", out, re.M
    )


def test_a_lab_writes_its_report_and_tells_of_every_epoch(run, tmp_path):
    code, out, err = run(
        "lab", "tiny", "--out", tmp_path / "out", "--set", "epochs=3", "--set", "rate=0.1", "--seed", 2
    )
    assert (code, out) == (0, f"tiny: {tmp_path / 'out' / 'report.html'}\n")
    assert [line.split("  ")[0] for line in err.splitlines()] == [f"tiny, epoch {number}" for number in (1, 2, 3)]
    settings, results = numbers(tmp_path / "out")
    assert (settings["epochs"], settings["rate"], settings["seed"], settings["quick"]) == (3, 0.1, 2, False)
    assert len(results["Curves"]["losses"]) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_report_lies_in_labs_by_default_where_all_labs_then_find_it(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("lab", "tiny", "--set", "epochs=1")[0] == 0
    assert (tmp_path / "labs" / "tiny" / "report.html").is_file()
    assert run("lab", "all", "--quick")[0] == 0


def test_the_quick_form_is_quickened_first_and_changed_then(run, tmp_path):
    assert run("lab", "tiny", "--quick", "--out", tmp_path / "a")[0] == 0
    assert run("lab", "tiny", "--quick", "--set", "epochs=1", "--out", tmp_path / "b")[0] == 0
    for name, epochs in (("a", 2), ("b", 1)):
        settings, _ = numbers(tmp_path / name)
        assert (settings["epochs"], settings["quick"], settings["data"]) == (epochs, True, "digits")


def test_an_interrupted_lab_goes_on_and_its_older_report_stays_until_it_is_done(run, interrupt, tmp_path):
    command = ("lab", "tiny", "--out", tmp_path / "out")
    assert run(*command, "--seed", 1)[0] == 0
    older = (tmp_path / "out" / "numbers.json").read_text()
    interrupt("tiny", 3)
    assert run(*command)[0] in (1, 130)
    assert (tmp_path / "out" / "numbers.json").read_text() == older
    interrupt()
    code, _, err = run(*command)
    assert (code, err) == (0, "note: tiny goes on after epoch 2\n")
    assert json.loads((tmp_path / "out" / "numbers.json").read_text())["resumed"]
    assert "since the last interruption" in (tmp_path / "out" / "report.html").read_text()
    resumed = numbers(tmp_path / "out")
    assert run("lab", "tiny", "--out", tmp_path / "undisturbed")[0] == 0
    assert resumed == numbers(tmp_path / "undisturbed")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "undisturbed"]


def test_all_labs_lead_from_one_page_and_go_on_after_an_interruption(run, monkeypatch, tmp_path):
    command = ("lab", "all", "--out", tmp_path / "labs")
    trained = tmp_path / "labs" / "tiny" / "numbers.json"
    monkeypatch.setattr(jaxcnn.labs, "LABS", {**LABS, "other": dataclasses.replace(LABS["other"], train=_interrupted)})
    assert run(*command)[0] in (1, 130)
    monkeypatch.setattr(jaxcnn.labs, "LABS", LABS)
    before = trained.stat().st_mtime_ns
    code, out, err = run(*command)
    assert (code, err.splitlines()[0]) == (0, "note: tiny was done before the interruption")
    assert "tiny: " not in out
    assert trained.stat().st_mtime_ns == before
    code, out, _ = run(*command)  # all were done, so all are done again
    assert out.splitlines()[-1] == f"all: {tmp_path / 'labs' / 'index.html'}"
    assert trained.stat().st_mtime_ns > before
    page = (tmp_path / "labs" / "index.html").read_text()
    assert all(f'href="{name}/report.html"' in page for name in LABS)


def _interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("huge",), "There is no lab called 'huge'; the labs are .*tiny, other"),
        (("tiny", "--set", "epoch=3"), "`--set` must be like name=value, with a name among epochs, .*; got 'epoch=3'"),
        (("tiny", "--set", "epochs=many"), "`--set epochs` must be a whole number; got 'many'"),
        (("tiny", "--set", "epochs=0"), "`epochs` must be .*; got 0"),
        (("tiny", "--out", "FILE"), "`--out` must be a folder; .*FILE is a file"),
        (("tiny", "--out", "FULL"), "`--out` must be a new or empty folder, .*; .*FULL holds other files"),
        (("tiny", "--out", "FILE/out"), "`--out` cannot be written: FILE/out would lie in .*FILE, which is a file"),
        (("all", "--out", "FULL"), "`--out` must be a new or empty folder, .*; .*FULL holds other files"),
        (("all", "--set", "epochs=3"), "`--set` and `--data` are for one lab and not for all of them: name the lab"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_ends_in_one_sentence(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").touch()
    (tmp_path / "FULL").mkdir()
    (tmp_path / "FULL" / "thesis.tex").touch()
    code, out, err = run("lab", *arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(f"jaxcnn: {message}.*\n", err)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["FILE", "FULL", "thesis.tex"]


def test_an_option_that_there_is_not_is_refused(run):
    code, out, err = run("lab", "tiny", "--speed", "3")
    assert (code, out) == (2, "")
    assert re.search(r"No such option:? '?--speed", err)


@pytest.mark.parametrize("package", ["nbformat", "reportlab", "matplotlib", "orbax.checkpoint"])
def test_a_missing_package_is_told_before_anything_is_trained(run, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    code, out, err = run("lab", "tiny", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert re.fullmatch(r"jaxcnn: .*, which is not installed: pip install 'jaxcnn\[\w+\]'\.\n", err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data", "mnist", "--data-dir", "nowhere"), "`--data-dir` must be a folder that exists; nowhere does not."),
        (("--data", "letters", "--data-dir", "."), "`--data` must be one of digits, .*; got 'letters'."),
        (("--data", "./letters"), "`--data` must be .*; the folder ./letters does not exist."),
        (("--data", "mnist", "--data-dir", "."), ".*train-images-idx3-ubyte.gz.*"),
    ],
    ids=["no folder", "no such set", "no such path", "truncated"],
)
def test_data_that_cannot_be_used_end_in_one_sentence(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / "mnist" / f"{name}-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\x03" + bytes(99))[:40])
    code, out, err = run("lab", "filters", "--quick", "--out", "out", *arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(f"jaxcnn: {message}\n", err), err
    assert not (tmp_path / "out").exists()
