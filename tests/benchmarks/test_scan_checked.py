"""What a scan accuses is asked of mpmath once more, and the page in the docs shows what stands."""

import json
import sys
from pathlib import Path

import mpmath
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import scan_checked, scan_page

SPENCE = {
    "function": "jax.scipy.special.spence",
    "got": "0",
    "reproduction": [
        "fun = lambda x: jax.scipy.special.spence(x)",
        "args = (np.float64(1.0),)",
        'print("got", jax.jacrev(fun, 0)(*args))',
        'print("expected", "-1.001")',
    ],
}


@pytest.mark.parametrize("file", scan_page.SCANS, ids=lambda file: file.stem)
def test_nine_in_ten_of_what_was_found_stand(file):
    data = json.loads(file.read_text("utf-8"))
    kept = [finding["check"] for finding in data["findings"]]
    assert scan_checked.share(data) >= scan_checked.LEAST
    assert kept == [scan_checked.check(finding)._asdict() for finding in data["findings"]]


def test_a_finding_stands_by_what_mpmath_says_of_it():
    assert scan_checked.check(SPENCE) == (-1.0, True)  # d/dx of the integral of log t / (1 - t) from 1, at 1
    assert scan_checked.check({**SPENCE, "got": "nan"}) == (-1.0, True)


def test_a_finding_falls_where_jax_is_right_or_nobody_knows():
    assert scan_checked.check({**SPENCE, "got": "-0.9999"}) == (-1.0, False)
    assert scan_checked.check({**SPENCE, "function": "mylib.spence"}) == (None, False)


def test_a_nan_is_no_fault_where_nothing_finite_is_right(monkeypatch):
    monkeypatch.setitem(scan_checked.FUNCTIONS, "mylib.pole", lambda weights, x: mpmath.inf)
    assert scan_checked.check({**SPENCE, "function": "mylib.pole", "got": "nan"}) == (None, False)


def test_the_page_is_what_its_command_writes():
    scans = [json.loads(file.read_text("utf-8")) for file in scan_page.SCANS]
    assert scan_page.PAGE.read_text("utf-8") == scan_page.text(scans), "run: python -m benchmarks.scan_page"


def test_the_page_leaves_out_what_fell_and_names_every_version_of_what_stands():
    finding = {**SPENCE, "argument": "x", "order": 1, "mode": "reverse", "at": "x=1.0", "verdict": "wrong"}
    fell = {**finding, "function": "mylib.right", "check": {"right": 1.0, "stands": False}}
    stands = {**finding, "check": {"right": -1.0, "stands": True}}
    scan = {"command": "scan", "functions": {"checked": 2}, "verdicts": {"wrong": 2}, "seconds": 3}
    page = scan_page.text([{**scan, "versions": {"jax": v}, "findings": [fell, stands]} for v in ("0.1", "0.2")])
    assert "| `jax.scipy.special.spence` | x | 1 | reverse | x=1.0 | 0 | -1 | 0.1, 0.2 |" in page
    assert "mylib.right" not in page
    assert 'print("expected", "-1")' in page
    assert "-1.001" not in page
