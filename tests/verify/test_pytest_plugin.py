"""The pytest plugin, each behaviour in a pytest run of its own."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import jax
import numpy as np
import pytest

import verify
from verify import _collected, observers

ROOT = Path(__file__).parents[2]
FINDING = verify.Finding("agreement", "scale", (0, 1), 2.0, 1.0, 1.0, 0.25, verify.Diagnosis("sign", "it is minus."))
BOTH = """
    import verify
    from verify.observers import announced

    @announced
    def check(ok):
        wrong = verify.Finding("agreement", "scale", (0, 1), 2.0, 1.0, 1.0, 0.25)
        return verify.Report("right rule") if ok else verify.Report("wrong rule", failures=(wrong,))

    def test_right():
        check(True).raise_if_failed()

    def test_wrong():
        check(True)
        check(False).raise_if_failed()
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Run pytest on a test module with the plugin, whether or not the project is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.syspath_prepend(str(ROOT))

    def go(source, *words):
        pytester.makepyfile(test_inner=source)
        return pytester.runpytest_inprocess("-p", "verify.pytest_plugin", "-p", "no:cacheprovider", *words)

    return go


def outcome(result):
    return {kind: count for kind, count in result.parseoutcomes().items() if kind != "warnings"}


def test_a_failed_verification_shows_its_message_and_its_line_and_no_traceback(run):
    result = run(BOTH)
    told = result.stdout.str()
    assert outcome(result) == {"passed": 1, "failed": 1}
    assert "test_inner.py:14: wrong rule: 0 held, 1 FAILED\nagreement: scale[0, 1]\n  actual    2\n" in told
    assert "raise_if_failed" not in told
    assert "VerificationError" not in told


def test_the_line_shown_is_that_of_the_test_file_when_another_module_raises(run, pytester):
    pytester.makepyfile(elsewhere="import verify\ndef fail():\n    raise verify.VerificationError('it is wrong')")
    result = run("import elsewhere\n\ndef test_it():\n    elsewhere.fail()")
    result.stdout.fnmatch_lines(["test_inner.py:4: it is wrong"])


def test_another_failing_assertion_is_shown_as_pytest_does(run):
    result = run("def test_it():\n    left = 1\n    assert left == 2")
    result.stdout.fnmatch_lines([">       assert left == 2", "E       assert 1 == 2", "*1 failed*"])


def test_a_verification_that_is_expected_to_fail_is_no_failure(run):
    source = "import pytest, verify\n\n@pytest.mark.xfail\ndef test_it():\n    raise verify.VerificationError('known')"
    assert outcome(run(source)) == {"xfailed": 1}


def test_the_fixtures_turn_on_64_bits_and_strict_promotion_for_one_test(run):
    source = """
        import jax, jax.numpy as jnp, numpy as np, pytest

        def test_wide(verify_x64):
            assert jnp.zeros(1, float).dtype == np.float64

        def test_narrow_again():
            assert jnp.zeros(1).dtype == np.float32

        def test_strict(verify_strict_promotion):
            with pytest.raises(Exception, match="[Ii]mplicit dtype promotion|strict"):
                jnp.zeros(1, jnp.float32) + jnp.zeros(1, jnp.int32)
    """
    with jax.numpy_dtype_promotion("standard"):
        assert outcome(run(source)) == {"passed": 3}


def test_without_the_option_nobody_watches_and_nothing_is_written(run, pytester):
    run(BOTH)
    assert observers._watching == []
    assert {file.name for file in pytester.path.iterdir()} - {"__pycache__"} == {"test_inner.py"}


def test_a_json_report_holds_every_report_with_its_test(run, pytester):
    result = run(BOTH, "--verify-report", "all.json")
    saved = json.loads((pytester.path / "all.json").read_text())
    told = [(one["test"], one["name"], one["ok"]) for one in saved["reports"]]
    assert not saved["ok"]
    assert told == [
        ("test_inner.py::test_right", "right rule", True),
        ("test_inner.py::test_wrong", "right rule", True),
        ("test_inner.py::test_wrong", "wrong rule", False),
    ]
    result.stdout.fnmatch_lines(["verify: 3 reports (1 failed) in *all.json"])
    assert observers._watching == []


def test_a_junit_report_has_a_suite_per_report(run, pytester):
    run(BOTH, "--verify-report", "all.xml")
    suites = ElementTree.parse(pytester.path / "all.xml").getroot()
    assert suites.tag == "testsuites"
    assert [s.get("failures") for s in suites] == ["0", "0", "1"]
    assert suites[2].get("name") == "test_inner.py::test_wrong: wrong rule"


def test_an_html_report_shows_what_failed_first(run, pytester):
    run(BOTH, "--verify-report", "all.html")
    page = (pytester.path / "all.html").read_text()
    names = re.findall(r"<h2>(.*?): <span", page)
    assert names[0] == "test_inner.py::test_wrong: wrong rule"
    assert len(names) == 3


def test_a_report_replaces_an_older_one_and_leaves_nothing_else_behind(run, pytester):
    (pytester.path / "all.json").write_text("old")
    run(BOTH, "--verify-report", "all.json")
    assert json.loads((pytester.path / "all.json").read_text())["reports"]
    assert not [file for file in pytester.path.iterdir() if file.name.startswith(".all.json")]


def test_the_reports_of_the_workers_of_xdist_come_together_in_one_file(run, pytester):
    result = run(BOTH, "-p", "xdist.plugin", "-n", "2", "--verify-report", "all.json")
    saved = json.loads((pytester.path / "all.json").read_text())
    assert outcome(result) == {"passed": 1, "failed": 1}
    assert [one["test"].split("::")[1] for one in saved["reports"]] == ["test_right", "test_wrong", "test_wrong"]
    result.stdout.fnmatch_lines(["test_inner.py:14: wrong rule: 0 held, 1 FAILED"])


def test_a_worker_that_crashes_is_said_to_be_missing(run, pytester):
    source = BOTH + "\n    def test_crash():\n        import os\n        os._exit(1)\n"
    result = run(source, "-p", "xdist.plugin", "-n", "1", "--max-worker-restart", "0", "--verify-report", "all.json")
    result.stdout.fnmatch_lines(["verify: the reports of 1 crashed workers are missing in it"])


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("all.txt", "--verify-report must name a file ending in .html, .json, .xml; got 'all.txt'."),
        ("nowhere/all.json", "--verify-report must name a file in a folder that can be written to; got *"),
        ("folder.json", "--verify-report must name a file in a folder that can be written to; got 'folder.json'."),
    ],
)
def test_a_file_that_cannot_be_written_is_a_usage_error_before_any_test_runs(run, pytester, file, message):
    (pytester.path / "folder.json").mkdir()
    result = run(BOTH, "--verify-report", file)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_html_without_jinja2_is_a_usage_error_that_names_the_extra(run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run(BOTH, "--verify-report", "all.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *pip install jaxcnn?html?*"])


def test_a_disk_that_refuses_at_the_end_is_a_sentence_and_exit_code_4(run, pytester):
    source = BOTH + "\n    def test_meanwhile():\n        import pathlib\n        pathlib.Path('all.json').mkdir()\n"
    result = run(source, "--verify-report", "all.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "all.json could not be written" in result.stderr.str() + result.stdout.str()
    assert not [file for file in pytester.path.iterdir() if file.name.startswith(".all.json")]


def test_a_real_check_announces_its_report_once():
    seen = []
    with observers.watching(seen.append):
        report = verify.check_rule(jax.numpy.sin, np.asarray([0.5], np.float32), budget=1e-3)
    verify.check_backward(np.negative, lambda x, g: -g, np.asarray([0.5], np.float32), budget=1e-3)
    assert seen == [report]


def test_a_check_inside_a_check_is_not_announced():
    inner = observers.announced(lambda: verify.Report("inner"))

    @observers.announced
    def outer():
        inner()
        return verify.Report("outer")

    seen = []
    with observers.watching(seen.append):
        outer()
        inner()
    assert [report.name for report in seen] == ["outer", "inner"]


def test_a_check_that_raises_announces_nothing_and_the_next_one_is_seen():
    @observers.announced
    def check(fails):
        if fails:
            raise ValueError("the example cannot be used")
        return verify.Report("fine")

    seen = []
    with observers.watching(seen.append):
        with pytest.raises(ValueError, match="cannot be used"):
            check(True)
        check(False)
    assert [report.name for report in seen] == ["fine"]


def test_a_report_survives_the_journey_as_plain_data():
    nowhere = verify.Finding("vmap = loop", None, None, float("nan"), 1.0, float("inf"), 0.5, reproduce=("import jax",))
    report = verify.Report("rule", (FINDING,), (nowhere,), (), ("a note",), 1.5)
    plain = json.loads(json.dumps(_collected.to_plain("t.py::test", report)))
    assert str(_collected.from_plain(plain)) == str(report).replace("rule:", "t.py::test: rule:", 1)
    assert _collected.from_plain(plain).inconclusive[0].error == float("inf")
