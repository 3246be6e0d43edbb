"""The page says what the report says, needs nothing beside it, and shows text as text."""

import base64
import io
import re
import sys
from dataclasses import replace

import pytest
from PIL import Image

from jaxcnn.labs.render import figures, html
from jaxcnn.labs.render.html import index_html, report_html
from jaxcnn.labs.report import LabReport, Paragraph, Section, Table
from tests.jaxcnn.labs.render._page import Page


@pytest.fixture(scope="module")
def text(folder):
    return (folder / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_every_tag_is_closed_and_the_page_is_fit_for_a_telephone(page):
    assert page.open == []
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")


def test_nothing_is_fetched_and_no_script_is_run(page, text):
    fetched = [address for address in page.addresses if not address.startswith(("#", "data:", "https://example.org/"))]
    assert fetched == []
    assert page.all("script") == page.all("link") == []
    assert not re.search(r"@import|url\(", text)


def test_text_is_shown_as_text(page):
    assert "A tiny lab & more" in page.text
    assert "Does <the frame> hold?" in page.text
    assert "code <b>" in page.text
    assert "Loss <by epoch>." in page.text
    assert page.all("b") == []


def test_prose_is_commonmark(page):
    assert len(page.all("em")) >= 1
    assert len(page.all("strong")) >= 1
    assert {"href": "https://example.org/?a=1&b=2"} in page.all("a")


def test_every_figure_and_formula_is_a_picture_in_the_page_with_words_for_those_who_do_not_see_it(page):
    formula, chart = page.all("img")
    assert formula["alt"] == r"\sigma(z) = \frac{1}{1 + e^{-z}}"
    assert chart["alt"] == "The loss & its epochs."
    for picture in (formula, chart):
        head, content = picture["src"].split(",")
        assert head == "data:image/svg+xml;base64"
        assert b"<svg" in base64.b64decode(content)


def test_numbers_in_tables_are_as_computed(page, report):
    losses = report.numbers["results"]["Curves"]["losses"]
    assert all(f"{loss:.4g}" in page.text for loss in losses)


def test_contents_lead_to_every_section(page, report):
    ids = {attributes.get("id") for _, attributes in page.tags}
    links = [address[1:] for address in page.addresses if address.startswith("#")]
    assert len(links) == len(report.sections)
    assert set(links) <= ids


def test_equal_reports_are_equal_pages(text, report):
    assert report_html(report) == text


def test_a_drawing_that_is_large_as_vectors_goes_into_the_page_as_pixels(report, monkeypatch):
    monkeypatch.setattr(html, "_LARGEST_SVG", 10)
    picture = Page(report_html(report)).all("img")[-1]["src"]
    assert picture.startswith("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(picture.split(",")[1]))) as image:
        assert image.width == pytest.approx(figures.DPI * 7.2, abs=1)


def test_a_caution_stands_at_the_top(report):
    text = Page(report_html(replace(report, caution="Only <half> of it."))).text
    assert text.index(report.question) < text.index("Only <half> of it.") < text.index("Introduction")


def test_the_index_leads_to_every_report():
    entry = {"name": "a b", "title": "A <b>", "question": "Why?", "settings": {"quick": True}, "seconds": 3.4}
    page = Page(index_html([entry]))
    assert "a%20b/report.html" in page.addresses
    assert "A <b>" in page.text
    assert "3 s, the quick form" in " ".join(page.text.split())


def test_a_section_shows_itself_in_a_notebook():
    shown = Section("One", (Paragraph("*two*"), Table("three", ("four",), (("five",),))))._repr_mimebundle_()
    assert {tag for tag, _ in Page(shown["text/html"]).tags} >= {"h2", "em", "table"}


def test_a_missing_package_is_named_with_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    html.templates.cache_clear()
    with pytest.raises(ImportError, match=r"Jinja2, which is not installed: pip install 'jaxcnn\[labs\]'"):
        report_html(LabReport("", "", "", (), {}))
