"""`jaxcnn verify`: tables, one JSON object, a whole HTML file; exit 0 all held, 1 something failed, 2 bad usage."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import verify
from jaxcnn import FAULTS
from jaxcnn.cli import main
from jaxcnn.verification import Progress, Trial
from verify import Finding, Report

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def jaxcnn(capsys):
    """Return `jaxcnn(*arguments)`: run the command line and return its exit code, stdout and stderr."""

    def run(*arguments):
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main(list(arguments))
        return ended.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def quick(monkeypatch):
    """Put one report on trial, that is made at once, in place of every rule and network."""

    def put(report):
        monkeypatch.setattr("jaxcnn.verification.trials", lambda *_, **__: [Trial("relu", "rule", lambda: report)])

    return put


HELD = Report("relu", passed=(Finding("agreement", "inputs", error=0.5, tolerance=2.0),))
FAILED = Report("relu", failures=(Finding("agreement", "inputs", (1, 2), 3.0, 4.0, 1.0, 0.5),))


def test_a_rule_that_holds_is_a_row_of_an_aligned_plain_table(jaxcnn):
    code, out, err = jaxcnn("verify", "--only", "relu")
    assert code == 0
    assert re.fullmatch(r"1/1  relu: held, [\d.]+ s\n", err)  # without a terminal a line for each
    assert "\x1b" not in out
    header, row, *_, summary = out.strip().splitlines()
    assert re.split(r"  +", header) == ["on trial", "laws held", "error / tolerance", "seconds", "verdict"]
    assert re.fullmatch(r"relu +(\d+) of \1 +(exact|[\d.e-]+) +[\d.]+  held *", row)
    assert row.index("held", 8) == header.index("verdict")
    assert re.fullmatch(r"all held: \d+ findings over 1 rules in 1 configurations, 0 networks", summary)


def test_a_planted_fault_fails_and_the_rule_and_its_argument_are_named(jaxcnn):
    code, out, err = jaxcnn("verify", "--plant", "relu_wrong_side", "--only", "relu")
    assert code == 1
    assert re.match(r"1/1  relu: FAILED inputs, ", err)
    assert re.search(r"^relu .* FAILED inputs$", out, re.MULTILINE)
    assert re.search(r"^relu: agreement: inputs\[", out, re.MULTILINE)
    assert out.endswith("1 of 1 failed (the fault relu_wrong_side was planted): relu\n")


def test_json_is_one_object_and_nothing_else(jaxcnn):
    code, out, _ = jaxcnn("verify", "--only", "flatten", "--json", "--seed", "3")
    assert code == 0
    result = json.loads(out)
    assert (result["ok"], result["seed"], result["planted"], result["training"]) == (True, 3, None, [])
    ((name, kind, failures),) = ((row["name"], row["kind"], row["failures"]) for row in result["rows"])
    assert (name, kind, failures) == ("flatten", "rule", [])


def test_json_of_a_failure_names_law_argument_and_entry(jaxcnn, quick):
    quick(FAILED)
    code, out, _ = jaxcnn("verify", "--json")
    result = json.loads(out)
    assert (code, result["ok"]) == (1, False)
    (found,) = result["rows"][0]["failures"]
    assert (found["law"], found["argument"], found["index"]) == ("agreement", "inputs", [1, 2])
    assert (found["actual"], found["expected"]) == (3.0, 4.0)


def test_after_everything_held_the_networks_are_trained_and_every_epoch_is_shown(jaxcnn, quick, monkeypatch):
    history = Progress("lenet", 1, 0.75, 0.875, 2.0), Progress("mlp", 1, 0.5, 1.0, 0.25)

    def train(digits, rules, *, seed, on_epoch):
        if on_epoch is not None:
            for step in history:
                on_epoch(step)
        return history

    quick(HELD)
    monkeypatch.setattr("jaxcnn.verification.train", train)
    code, out, _ = jaxcnn("verify")
    assert code == 0
    assert "  lenet  epoch 1   loss 0.750   held-out accuracy  87.5 %   2.0 s\n" in out
    assert "  mlp    epoch 1   loss 0.500   held-out accuracy 100.0 %   0.2 s\n" in out
    _, out, _ = jaxcnn("verify", "--json")
    first, _ = json.loads(out)["training"]
    assert first == {"network": "lenet", "epoch": 1, "loss": 0.75, "accuracy": 0.875, "seconds": 2.0}


def test_after_a_failure_nothing_is_trained(jaxcnn, quick):
    quick(FAILED)
    code, out, _ = jaxcnn("verify")
    assert code == 1
    assert "training" not in out


def test_html_is_written_whole_and_over_an_older_file(jaxcnn, quick, tmp_path):
    quick(HELD)
    file = tmp_path / "report.html"
    file.write_text("older")
    code, out, _ = jaxcnn("verify", "--only", "relu", "--html", str(file))
    assert code == 0
    assert "all held" in out
    page = file.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "relu" in page
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_html_is_written_when_something_failed_as_well(jaxcnn, quick, tmp_path):
    quick(FAILED)
    assert jaxcnn("verify", "--html", str(tmp_path / "report.html"))[0] == 1
    assert "1 FAILED" in (tmp_path / "report.html").read_text("utf-8")


def test_when_rendering_fails_an_older_file_is_untouched(jaxcnn, quick, tmp_path, monkeypatch):
    def broken(*_):
        raise ValueError("The page cannot be rendered.")

    quick(HELD)
    monkeypatch.setattr(verify, "reports_html", broken)
    file = tmp_path / "report.html"
    file.write_text("older")
    code, _, err = jaxcnn("verify", "--only", "relu", "--html", str(file))
    assert (code, err.splitlines()[-1]) == (2, "jaxcnn: The page cannot be rendered.")
    assert file.read_text() == "older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "--plant", "relu_wrong"], r"There is no fault called 'relu_wrong': did you mean relu_wrong_side"),
        (
            ["verify", "--only", "rely"],
            "`--only` must match something on trial; 'rely' matches none of: conv 3x3 same,",
        ),
        (
            ["verify", "--html", "missing/report.html"],
            "`missing/report.html` cannot be written: the folder .* does not",
        ),
        (["verify", "--html", "."], r"`\.` is a folder: name a file to write\."),
        (["faults", "rely"], "`rule` must be one of conv, .*; got 'rely'"),
    ],
)
def test_bad_input_is_one_sentence_on_stderr_and_exit_code_2(arguments, sentence, jaxcnn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = jaxcnn(*arguments)
    assert (code, out) == (2, "")
    assert re.match(f"jaxcnn: {sentence}", err)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "--seed", "-1"], r"jaxcnn verify: Invalid value for '--seed': .*\b0\b.*"),
        (["verify", "--seed", "one"], "jaxcnn verify: Invalid value for '--seed': .*"),
        (["verify", "--fast"], "jaxcnn verify: No such option: --fast.*"),
        (["verfy"], "jaxcnn: No such command 'verfy'.*"),
    ],
)
def test_bad_usage_ends_in_one_plain_sentence_and_exit_code_2(arguments, sentence, jaxcnn):
    code, out, err = jaxcnn(*arguments)
    assert (code, out) == (2, "")
    assert re.fullmatch(sentence + r"(; see|\? See) 'jaxcnn( verify)? --help'\.\n", err)


@pytest.mark.parametrize("error", [ValueError, TypeError, OSError, ImportError])
def test_an_error_inside_ends_as_its_one_sentence(error, jaxcnn, monkeypatch):
    def broken(*_, **__):
        raise error("What was expected and what came.")

    monkeypatch.setattr("jaxcnn.verification.trials", broken)
    assert jaxcnn("verify") == (2, "", "jaxcnn: What was expected and what came.\n")


def test_an_error_without_a_sentence_is_named(jaxcnn, monkeypatch):
    def broken(*_, **__):
        raise ImportError

    monkeypatch.setattr("jaxcnn.verification.trials", broken)
    assert jaxcnn("verify") == (2, "", "jaxcnn: ImportError\n")


def test_a_mistake_of_our_own_keeps_its_traceback(monkeypatch):
    def broken(*_, **__):
        raise AssertionError("a bug")

    monkeypatch.setattr("jaxcnn.verification.trials", broken)
    with pytest.raises(AssertionError, match=r"^a bug$"):
        main(["verify"])


def test_a_reader_that_stops_early_ends_the_run_without_a_word(jaxcnn, monkeypatch):
    def broken(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr("jaxcnn.verification.trials", broken)
    assert jaxcnn("verify") == (1, "", "")


def test_faults_lists_all_of_them_aligned(jaxcnn):
    code, out, err = jaxcnn("faults")
    header, *rows = out.splitlines()
    assert (code, err) == (0, "")
    assert [row.split()[0] for row in rows] == list(FAULTS)
    assert {row[header.index("argument") :].split()[0] for row in rows} == {f.argument for f in FAULTS.values()}


def test_faults_of_one_rule(jaxcnn):
    _, out, _ = jaxcnn("faults", "flatten")
    assert [line.split()[0] for line in out.splitlines()] == ["fault", "flatten_column_major", "flatten_next_example"]


def test_python_m_jaxcnn_is_the_command_line_and_its_exit_code():
    def run(*arguments):
        command = [sys.executable, "-m", "jaxcnn", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"COLUMNS": "40"})

    listed = run("faults", "relu")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "\x1b" not in listed.stdout
    # Not folded to the width of a terminal that is not there.
    assert len(listed.stdout.splitlines()) == 1 + sum(fault.rule == "relu" for fault in FAULTS.values())
    refused = run("faults", "rely")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("jaxcnn: `rule` must be one of")
