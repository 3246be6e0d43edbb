"""The PDF has numbered pages, tables that go on over them, and refuses prose that it could not set."""

import re
from dataclasses import replace

import pytest

from jaxcnn.labs.render.pdf import report_pdf
from jaxcnn.labs.render.pdf_text import flowables, letters
from jaxcnn.labs.report import LabReport, Paragraph, Section, Table


def pages(document):
    return len(re.findall(rb"/Type /Page\b", document))


def long_report(rows, columns=2):
    table = Table("Caption.", tuple(f"column {n}" for n in range(columns)), tuple((1,) * columns for _ in range(rows)))
    return LabReport("name", "Title & more", "Why?", (Section("One", (Paragraph("*text*"), table)),), {})


def test_the_document_is_a4_and_has_title_and_pages(folder):
    document = (folder / "report.pdf").read_bytes()
    assert document.startswith(b"%PDF-")
    assert b"/Title (A tiny lab & more)" in document
    width, height = map(float, re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", document).groups())
    assert (width, height) == pytest.approx((210 / 25.4 * 72, 297 / 25.4 * 72), abs=0.1)
    assert pages(document) >= 2


def test_a_long_table_goes_on_over_pages_and_a_wide_one_fits():
    assert pages(report_pdf(long_report(10))) == 1
    assert 2 <= pages(report_pdf(long_report(120))) <= 4
    assert pages(report_pdf(long_report(3, columns=30))) == 1


def test_a_letter_that_the_font_lacks_is_shown_as_such_and_those_of_mathematics_are_not_lacking():
    assert letters("∂L/∂W₁ᵀ = σ(ẑ) ≥ −1, x ∈ ℝ, 3 × 3, 5°, …") == "∂L/∂W₁ᵀ = σ(ẑ) ≥ −1, x ∈ ℝ, 3 × 3, 5°, …"
    assert letters("<字>") == "&lt;\N{REPLACEMENT CHARACTER}&gt;"


def test_equal_reports_are_equal_documents():
    assert report_pdf(long_report(3)) == report_pdf(long_report(3))


def test_a_caution_is_in_the_document():
    report = long_report(3)
    assert len(report_pdf(replace(report, caution="Only half of it."))) > len(report_pdf(report))


@pytest.mark.parametrize("text", ["# a heading", "> a quotation", "---"])
def test_prose_that_is_no_paragraph_list_or_code_is_refused(text):
    with pytest.raises(ValueError, match="A paragraph of a report can hold prose, lists and code; got '"):
        flowables(text)
