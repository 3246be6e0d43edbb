"""A report is refused where its parts do not fit, and knows which columns are numbers."""

import numpy as np
import pytest

from jaxcnn.labs.report import Attachment, LabReport, Paragraph, Section, Table


def report(*sections):
    return LabReport("name", "title", "question", sections, {})


def test_a_row_with_too_few_entries_is_refused():
    with pytest.raises(ValueError, match=r"`rows` of the table 'caption' must have 2 entries each; got \(1,\)"):
        Table("caption", ("a", "b"), ((1, 2), (1,)))


def test_a_column_is_of_numbers_where_most_entries_are():
    table = Table(
        "", ("words", "numbers", "most", "few"), (("a", 1, 2.0, "x"), ("b", np.float32(1), "-", "y"), ("c", 2, 3, 1))
    )
    assert table.numeric == (False, True, True, False)
    assert Table("", ("yes or no",), ((True,),)).numeric == (False,)


def test_two_sections_of_one_title_are_refused():
    with pytest.raises(ValueError, match="one section of each name; got 'A' twice"):
        report(Section("A", ()), Section("B", ()), Section("A", (Paragraph("text"),)))


def test_two_files_of_one_name_are_refused():
    files = [Attachment("", "model.h5", lambda path: None) for _ in range(2)]
    with pytest.raises(ValueError, match=r"one file of each name; got 'model\.h5' twice"):
        report(Section("A", (files[0],)), Section("B", (files[1],)))
