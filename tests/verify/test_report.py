"""A report says what held, what failed and what stayed open, in text, JSON, JUnit XML and HTML."""

import dataclasses
import json
import sys
import xml.etree.ElementTree as ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

WRONG = verify.Finding(
    "agreement",
    "params['conv_0']['kernel']",
    (0, 2),
    actual=0.25,
    expected=-0.25,
    error=0.5,
    tolerance=0.001,
    diagnosis=verify.Diagnosis("sign", "the cotangent has the wrong sign."),
    example=(np.asarray([1.0, np.nan]), {"w": -np.inf}),
    where="square, rules.py:7",
    reproduce=("import jax", "print(pullback(w0))"),
)
OPEN = verify.Finding("numbers", "x", diagnosis=verify.Diagnosis("inconclusive", "no witness could decide here."))
HELD = verify.Finding("structure", "x", error=0.5, tolerance=2.0)
FAILED = verify.Report("<lambda>", (WRONG,), (OPEN,), (HELD, HELD), ("float16 was left out",), 1.5)
PASSED = verify.Report("square", passed=(HELD,))


@pytest.mark.parametrize(("thing", "field"), [(FAILED, "failures"), (WRONG, "law")], ids=["Report", "Finding"])
def test_what_a_check_found_cannot_be_changed(thing, field):
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{field}'"):
        setattr(thing, field, ())


@pytest.mark.parametrize(("report", "ok"), [(FAILED, False), (PASSED, True)], ids=["failed", "passed"])
def test_a_report_is_true_exactly_when_no_law_failed(report, ok):
    assert report.ok is ok
    assert bool(report) is ok


def test_inconclusive_findings_alone_do_not_make_a_report_fail():
    assert verify.Report("square", inconclusive=(OPEN,)).ok


def test_a_report_that_is_ok_is_returned_by_raise_if_failed():
    assert PASSED.raise_if_failed() is PASSED


@pytest.mark.parametrize(
    "told",
    [
        r"<lambda>: 2 held, 1 FAILED, 1 inconclusive",
        r"agreement: params\['conv_0'\]\['kernel'\]\[0, 2\]",
        r"\(square, rules\.py:7\)",
        r"actual +0\.25",
        r"expected +-0\.25",
        r"error +0\.5, tolerance 0\.001, ratio 500",
        r"sign: the cotangent has the wrong sign\.",
        r"reproduce:\s+import jax\s+print\(pullback\(w0\)\)",
        r"inconclusive numbers: x: no witness could decide here\.",
        r"note: float16 was left out",
    ],
)
def test_the_error_of_a_failed_report_names(told):
    with pytest.raises(verify.VerificationError, match=told):
        FAILED.raise_if_failed()


def test_a_failed_verification_is_an_assertion_error():
    assert issubclass(verify.VerificationError, AssertionError)


@pytest.mark.parametrize(
    ("error", "tolerance", "ratio"),
    [(0.5, 2.0, 0.25), (0.0, 0.0, 0.0), (1e-9, 0.0, np.inf), (None, 1.0, None), (1.0, None, None)],
)
def test_the_ratio_is_error_over_tolerance_and_zero_for_equal_values(error, tolerance, ratio):
    assert verify.Finding("law", error=error, tolerance=tolerance).ratio == ratio


def test_the_worst_ratio_is_taken_over_the_laws_that_held():
    assert FAILED.worst == 0.25
    assert verify.Report("square", (WRONG,)).worst == 0.0


def test_the_json_form_parses_back_to_the_same_findings():
    data = json.loads(FAILED.to_json())
    assert (data["name"], data["ok"], data["seconds"]) == ("<lambda>", False, 1.5)
    assert [len(data[kind]) for kind in ("failures", "inconclusive", "passed", "notes")] == [1, 1, 2, 1]
    failure = data["failures"][0]
    assert failure["argument"] == "params['conv_0']['kernel']"
    assert failure["index"] == [0, 2]
    assert failure["diagnosis"] == {"code": "sign", "sentence": "the cotangent has the wrong sign."}
    assert failure["reproduce"] == list(WRONG.reproduce)


def test_the_json_form_holds_numbers_that_are_not_finite_as_strings():
    def refuse(text):
        raise AssertionError(f"{text} is no JSON")

    failure = json.loads(FAILED.to_json(), parse_constant=refuse)["failures"][0]
    assert failure["example"] == [[1.0, "nan"], {"w": "-inf"}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (jnp.asarray([0.5, -jnp.inf], jnp.bfloat16), [0.5, "-inf"]),
        (np.float32("nan"), "nan"),
        (np.asarray([True, False]), [True, False]),
        (np.asarray(3, np.int8), 3),
        (1 + 2j, [1.0, 2.0]),
        ((None, "text"), [None, "text"]),
        ({0: [1]}, {"0": [1]}),
        (range, "<class 'range'>"),
        (jax.random.key(0), str(jax.random.key(0))),
    ],
    ids=["bfloat16", "scalar", "booleans", "integer", "complex", "tuple", "dict", "anything else", "key"],
)
def test_the_json_form_holds(value, expected):
    report = verify.Report("square", (verify.Finding("law", example=value),))
    assert json.loads(report.to_json())["failures"][0]["example"] == expected


def test_the_junit_form_counts_and_names_every_finding():
    suite = ElementTree.fromstring(FAILED.to_junit())
    assert {key: suite.get(key) for key in ("name", "tests", "failures", "skipped", "time")} == {
        "name": "<lambda>",
        "tests": "4",
        "failures": "1",
        "skipped": "1",
        "time": "1.500",
    }
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases[:2]] == ["agreement: params['conv_0']['kernel']", "numbers: x"]
    assert [[child.tag for child in case] for case in cases] == [["failure"], ["skipped"], [], []]
    assert "ratio 500" in suite.findtext("testcase/failure")


def test_the_junit_form_leaves_out_characters_that_xml_forbids():
    report = verify.Report("square", (verify.Finding("law", actual="a\x00\x1b[31mb", expected="<&>"),))
    text = ElementTree.fromstring(report.to_junit()).findtext("testcase/failure")
    assert "a[31mb" in text
    assert "<&>" in text


def test_the_html_form_escapes_names_and_shows_every_verdict():
    page = FAILED.to_html()
    assert "<lambda>" not in page
    assert page.count("&lt;lambda&gt;") >= 2
    assert '<td class="failed">FAILED</td>' in page
    assert '<td class="open">inconclusive</td>' in page
    assert '<td class="held">held</td>' in page
    assert "float16 was left out" in page


def test_several_reports_make_one_html_page():
    page = verify.reports_html("two & more", [FAILED, PASSED])
    assert "<title>two &amp; more</title>" in page
    assert page.count("<h2>") == 2


def test_without_jinja2_the_html_form_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ImportError, match=r"needs Jinja2: install the extra, `pip install jaxcnn\[html\]`"):
        PASSED.to_html()
