"""The PDF has numbered pages, tables that go on over them, and refuses prose that it could not set."""

import re
import zlib

import pytest

from jaxcnn.labs.render.pdf import report_pdf
from jaxcnn.labs.render.pdf_text import flowables
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


def test_letters_of_mathematics_have_glyphs():
    # Fonts are embedded, compressed; a letter without a glyph would be the empty box, glyph 0, which no map names.
    document = report_pdf(LabReport("", "", "", (Section("One", (Paragraph("∂L/∂W₁ = σ(ẑ) ≥ −1, x ∈ ℝ"),)),), {}))
    maps = b""
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", document, re.DOTALL):
        maps += _inflated(stream)
    named = set(re.findall(rb"<([0-9A-F]{4})>", maps))
    for letter in "∂₁σẑ≥∈ℝ−":
        assert f"{ord(letter):04X}".encode() in named


def _inflated(stream):
    import base64

    try:
        return zlib.decompress(
            base64.a85decode(stream.strip(), adobe=False) if b"~>" not in stream else _ascii85(stream)
        )
    except (zlib.error, ValueError):
        return b""


def _ascii85(stream):
    import base64

    return base64.a85decode(stream.strip().removesuffix(b"~>"))


def test_equal_reports_are_equal_documents():
    assert report_pdf(long_report(3)) == report_pdf(long_report(3))


@pytest.mark.parametrize("text", ["# a heading", "> a quotation", "---"])
def test_prose_that_is_no_paragraph_list_or_code_is_refused(text):
    with pytest.raises(ValueError, match="A paragraph of a report can hold prose, lists and code; got '"):
        flowables(text)
