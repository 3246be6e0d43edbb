"""Entries of tables are written alike, and columns of PDF are as wide as their words."""

import numpy as np
import pytest

from jaxcnn.labs.render.pdf import _points, _widths
from jaxcnn.labs.render.pdf_text import styles
from jaxcnn.labs.render.words import entry, markdown
from jaxcnn.labs.report import Table


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (np.bool_(False), "no"),
        (12345, "12,345"),
        (np.int64(-7), "-7"),
        (0.98765432, "0.9877"),
        (np.float32(1e-9), "1e-09"),
        ("none", "none"),
        ("28 × 28 × 1", "28\u00a0×\u00a028\u00a0×\u00a01"),
        (None, "None"),
    ],
)
def test_an_entry_is_written_as_people_read_it(value, text):
    assert entry(value) == text


def test_markup_in_prose_is_text():
    assert markdown("<script>x</script> *y*") == "<p>&lt;script&gt;x&lt;/script&gt; <em>y</em></p>\n"


def test_columns_are_as_wide_as_they_want_where_there_is_room_else_shared_and_no_word_is_cut():
    styles()  # the fonts are known from then on
    few = Table("", ("a", "b"), (("word", 1),))
    assert sum(_widths(few, 500)) < 100
    sentence = "a sentence of many words that would like to stand on one line of its own, which is not to be had"
    wide = Table("", ("number", "text"), ((1, sentence), (2, "incomprehensibilities")))
    first, second = _widths(wide, 300)
    assert first + second == pytest.approx(300)
    assert second > _points("incomprehensibilities")
    assert first >= _points("number")
