"""What fails, what is known, what is told: the report of a scan as text, JSON and page."""

import dataclasses
import html.parser
import json

import _examiners
import pytest

import verify
from verify.scanning import baseline
from verify.scanning.record import Scanned

VERSIONS = {"jax": "0.10.2"}


def record(name, *verdicts, status="checked", detail="", **more):
    findings = [_examiners.finding(name, verdict, **more) for verdict in verdicts]
    plain = {"aliases": [], "calls": 8, "seconds": 1.0, "findings": findings}
    return Scanned.from_dict({"function": name, "status": status, "detail": detail, **plain})


def report(*records, known=None):
    return verify.ScanReport(("m",), 0, VERSIONS, tuple(records), known)


MIXED = report(
    record("m.kinked", "convention", why="relu'(0) = 0 <half>"),
    record("m.clean"),
    record("m.bad", "imprecise", "wrong", "inconclusive", "nan"),
    record("m.slow", status="timed out", detail="not done after 60 s"),
)


@pytest.mark.parametrize("verdict", ["wrong", "nan", "raises", "imprecise"])
def test_what_is_wrong_nan_or_imprecise_fails(verdict):
    found = report(record("m.f", verdict))
    assert not found.ok
    with pytest.raises(verify.VerificationError, match=rf"1 of 1 functions checked, 1 {verdict}"):
        found.raise_if_failed()


@pytest.mark.parametrize("verdict", ["convention", "inconclusive"])
def test_conventions_and_what_nobody_can_decide_do_not_fail(verdict):
    found = report(record("m.f", verdict))
    assert found.raise_if_failed() is found
    assert found.failures == ()


def test_a_scan_that_has_checked_nothing_is_not_ok():
    assert not report(record("m.f", status="failed", detail="ValueError"))
    assert not report()


def test_a_crash_fails_until_the_baseline_knows_it(tmp_path):
    path = tmp_path / "baseline.json"
    found = report(record("m.f"), record("m.g", status="crashed", detail="the process was ended by SIGSEGV"))
    assert not found.ok
    found.save_baseline(path)
    assert dataclasses.replace(found, known=baseline.load(path)).ok


def test_only_what_the_baseline_does_not_know_fails(tmp_path):
    path = tmp_path / "baseline.json"
    MIXED.save_baseline(path)
    known = baseline.load(path)
    assert len(known) == 3  # what does not fail need not be known

    assert dataclasses.replace(MIXED, known=known).ok
    moved = report(record("m.bad", "wrong", at="x=1.75", got="2.25"), known=known)
    assert moved.ok
    assert "0 not in the baseline" in str(moved)

    worse = report(record("m.bad", "wrong"), record("m.other", "wrong"), known=known)
    assert [finding.function for finding in worse.new] == ["m.other"]
    assert not worse.ok
    assert "NEW  wrong    m.other" in str(worse)
    assert "NEW  wrong    m.bad" not in str(worse)


def test_what_the_baseline_knows_and_is_found_no_more_is_told_where_it_was_looked_for(tmp_path):
    known = frozenset({"m.bad | wrong | reverse", "m.elsewhere | wrong | reverse", "m.slow | crashed"})
    mended = report(record("m.bad"), record("m.slow", status="timed out"), known=known)
    assert mended.ok
    assert mended.gone == ("m.bad | wrong | reverse",)
    mended.save_baseline(tmp_path / "b.json")
    assert baseline.load(tmp_path / "b.json") == known - set(mended.gone)


def test_the_text_has_the_gravest_first_each_function_s_reproduction_and_every_function_left_out():
    text = str(MIXED).splitlines()
    assert text[0] == (
        "m: 3 of 4 functions checked, 1 wrong, 1 nan, 1 imprecise, 1 convention, 1 inconclusive  (jax 0.10.2)"
    )
    assert [line.split()[:2] for line in text[3:6]] == [["wrong", "m.bad"], ["nan", "m.bad"], ["imprecise", "m.bad"]]
    assert len({line.index("reverse") for line in text[3:6]}) == 1
    assert text.count("    print(m.bad(1.5), 'expected 1')") == 1
    assert "  m.kinked: relu'(0) = 0 <half>" in text
    assert text[-2:] == ["timed out:", "  m.slow: not done after 60 s"]


def test_json_holds_every_record_and_what_is_new():
    plain = json.loads(MIXED.to_json())
    assert tuple(map(Scanned.from_dict, plain["functions"])) == MIXED.functions
    assert (plain["ok"], len(plain["new"]), plain["counts"]) == (False, 3, {"checked": 3, "timed out": 1})


class Page(html.parser.HTMLParser):
    """What a browser without JavaScript sees, and what the script needs."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.options, self.ids, self.outside, self.text = [], {}, set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.outside += [attributes[name] for name in ("src", "href") if name in attributes]
        self.rows += [attributes] if "data-verdict" in attributes else []
        if tag == "select":
            self.options[attributes["name"]] = []

    def handle_data(self, data):
        self.text.append(data)
        if self.lasttag == "option":
            self.options[list(self.options)[-1]].append(data)


def test_the_page_shows_every_finding_with_the_data_its_filters_ask_for_and_needs_no_other_file():
    page = Page(MIXED.to_html())
    assert [row["data-verdict"] for row in page.rows] == ["wrong", "nan", "imprecise", "convention", "inconclusive"]
    for name in ("verdict", "module", "dtype"):
        assert {row[f"data-{name}"] for row in page.rows} == set(page.options[name]) - {"all", "\n"}
        assert "all" in page.options[name]
    assert {"filters", "findings", "shown"} <= page.ids
    assert page.outside == []
    shown = "".join(page.text)
    assert "relu'(0) = 0 <half>" in shown
    assert "print(m.bad(1.5), 'expected 1')" in shown
    assert "m.slow" in shown


def test_a_report_is_saved_by_its_suffix_or_refused(tmp_path):
    for suffix in ("html", "json", "txt"):
        MIXED.save(tmp_path / f"scan.{suffix}")
    assert json.loads((tmp_path / "scan.json").read_text())["modules"] == ["m"]
    assert (tmp_path / "scan.html").read_text().startswith("<!doctype html>")
    assert len(list(tmp_path.iterdir())) == 3
    with pytest.raises(ValueError, match=r"`path` must end with \.html, \.json, \.txt; got scan\.pdf"):
        MIXED.save(tmp_path / "scan.pdf")
