"""`verify.scan` and `python -m verify scan`: whole scans of a library whose names say what becomes of them."""

import json
import os
import signal
import sys
import threading
import time

import pytest

import verify
from verify.__main__ import main


@pytest.fixture
def library(tmp_path, monkeypatch, examiner):
    names = ("fine", "wrong_sign", "kinked", "raises")
    text = "".join(f"def {name}(x):\n    return x\n" for name in names) + "same = fine\nnumber = 1\n"
    (tmp_path / "scannedlib.py").write_text(text)
    (tmp_path / "hanginglib.py").write_text("def fine(x):\n    return x\ndef hangs(x):\n    return x\n")
    for name in ("scannedlib", "hanginglib"):
        monkeypatch.delitem(sys.modules, name, raising=False)  # that of another test
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys, library, examiner):
    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main(["scan", *arguments, "--examiner", examiner])
        shown = capsys.readouterr()
        return end.value.code, shown.out, shown.err

    return run


def test_every_function_of_a_module_is_scanned_once_and_so_is_a_function_that_is_named(library, examiner):
    report = verify.scan("scannedlib", "scannedlib.fine", jobs=2, seed=3, examiner=examiner)
    assert [(record.function, record.status) for record in report.functions] == [
        ("scannedlib.fine", "checked"),
        ("scannedlib.kinked", "checked"),
        ("scannedlib.raises", "failed"),
        ("scannedlib.wrong_sign", "checked"),
    ]
    assert report.functions[0].aliases == ("scannedlib.same",)
    assert {"jax", "jaxlib", "numpy"} <= set(report.versions)
    assert [finding.function for finding in report.new] == ["scannedlib.wrong_sign"]
    assert [r.function for r in verify.scan("scannedlib.kinked", examiner=examiner).functions] == ["scannedlib.kinked"]


@pytest.mark.parametrize(
    ("targets", "options", "message"),
    [
        ((), {}, r"`targets` must name at least one module; got none"),
        (("scannedlib.missing",), {}, r"`scannedlib\.missing` must name a function; scannedlib has no missing"),
        (("no_such_library",), {}, r"no_such_library"),
        (("scannedlib.number",), {}, r"`targets` must be modules or functions; scannedlib\.number is neither"),
        (("scannedlib",), {"only": "tanh"}, r"`only` must be part of a function's name; none of 4 contains 'tanh'"),
        (("scannedlib",), {"jobs": 0}, r"`jobs` must be positive; got 0"),
        (("scannedlib",), {"limit": -1.0}, r"`limit` must be positive; got -1\.0"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_in_one_sentence(library, examiner, targets, options, message):
    with pytest.raises(ValueError, match=message):
        verify.scan(*targets, examiner=examiner, **options)


def test_the_shell_writes_the_page_and_the_records_goes_on_from_them_and_tells_how_far_it_has_come(run, library):
    code, out, err = run("scannedlib", "--out", "scan.jsonl", "--html", "scan.html")
    assert code == 1
    assert out.startswith("scannedlib: 3 of 4 functions checked, 1 wrong, 1 convention")
    assert err.splitlines()[-1].startswith("4 of 4 functions, the last scannedlib.")
    assert "wrong_sign" in (library / "scan.html").read_text()
    before = (library / "scan.jsonl").read_bytes()

    again, shown, err = run("scannedlib", "--out", "scan.jsonl", "--resume", "--json")
    assert (again, err) == (1, "")
    assert [record["status"] for record in json.loads(shown)["functions"]] == [
        "checked",
        "checked",
        "failed",
        "checked",
    ]
    assert (library / "scan.jsonl").read_bytes() == before


def test_what_was_scanned_before_the_library_was_edited_is_not_taken_for_the_library_s(run, library):
    run("scannedlib.fine", "--out", "scan.jsonl")
    with (library / "scannedlib.py").open("a") as file:
        file.write("# another line\n")
    code, _, err = run("scannedlib.fine", "--out", "scan.jsonl", "--resume")
    assert code == 2
    assert err.startswith("verify: scan.jsonl holds another scan, with sources scannedlib of sources ")
    assert err.count("of sources") == 2  # no other is named


def test_the_shell_fails_on_new_findings_only(run, library):
    assert run("scannedlib.wrong_sign", "--baseline", "known.json", "--update-baseline")[0] == 0
    assert run("scannedlib", "--baseline", "known.json")[0] == 0
    assert json.loads((library / "known.json").read_text())["known"] == [
        "scannedlib.wrong_sign | wrong | reverse | order 1 | float32 | x | x=+"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume"], "verify: --resume goes on from a file: name it with --out.\n"),
        (
            ["--out", "scannedlib.py"],
            "verify: scannedlib.py exists: go on from it with --resume, or name another --out.\n",
        ),
        (["--out", "scannedlib.py", "--resume"], "verify: scannedlib.py does not begin as the record of a scan does"),
        (["--update-baseline"], "verify: --update-baseline writes a file: name it with --baseline.\n"),
        (["--html", "scan.htm"], "verify: --html must end with .html; got scan.htm.\n"),
        (["--baseline", "scannedlib.py"], "verify: the baseline scannedlib.py is not JSON"),
        (["--baseline", "missing.json"], "verify: [Errno 2] No such file or directory: 'missing.json'\n"),
        (["--jobs", "0"], "Invalid value for '--jobs'"),
        (["nowhere"], "nowhere"),
    ],
    ids=str,
)
def test_bad_usage_is_one_sentence_and_exit_code_two(run, library, arguments, message):
    before = (library / "scannedlib.py").read_text()
    code, out, err = run("scannedlib", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert (library / "scannedlib.py").read_text() == before


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(run, library, monkeypatch):
    begun = library / "begun"
    begun.mkdir()
    monkeypatch.setenv("BEGUN", str(begun))

    def interrupt_when_it_hangs():
        while not (begun / "hanginglib.hangs").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    person = threading.Thread(target=interrupt_when_it_hangs)
    person.start()
    code, out, err = run("hanginglib", "--out", "scan.jsonl")
    person.join()
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == (
        "verify: interrupted after 1 of 2 functions: scan.jsonl keeps them, and goes on from there. Say --resume."
    )

    code, out, _ = run("hanginglib", "--out", "scan.jsonl", "--resume", "--limit", "60.0", "--only", "fine")
    assert (code, out.partition(",")[0]) == (0, "hanginglib: 1 of 1 functions checked")
    assert [name.name for name in begun.iterdir()].count("hanginglib.fine") == 1


def test_a_finding_that_the_baseline_does_not_hold_fails_in_the_shell(run, library):
    assert run("scannedlib.fine", "--baseline", "known.json", "--update-baseline")[0] == 0
    code, out, _ = run("scannedlib", "--baseline", "known.json")
    assert code == 1
    assert "; 1 not in the baseline" in out
