"""Figures of classes: a confusion matrix and points in the plane."""

import numpy as np

from jaxcnn.plots.confusion import confusion
from jaxcnn.plots.points import points


def test_a_confusion_matrix_writes_counts_and_colours_shares():
    counts = np.array([[3, 1, 0], [0, 2000, 0], [0, 0, 0]])
    axes = confusion(counts, ("cat", "dog", "cow")).axes[0]
    written = {tuple(reversed(text.get_position())): text.get_text() for text in axes.texts}
    assert written[0, 1] == "1"
    assert written[1, 1] == "2,000"
    np.testing.assert_array_equal(axes.images[0].get_array(), [[75, 25, 0], [0, 100, 0], [0, 0, 0]])
    assert axes.get_xlabel() == "taken for"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["cat", "dog", "cow"]


def test_every_point_is_written_as_its_class_where_it_lies():
    at = np.array([[0.0, 1.0], [2.0, 3.0], [-4.0, 0.5]])
    figure = points({"before": at, "after": -at}, np.array([0, 1, 0]), ("7", "bag"))
    before, after = figure.axes
    assert [text.get_text() for text in before.texts] == ["7", "b", "7"]
    np.testing.assert_array_equal([text.get_position() for text in after.texts], -at)
    assert before.texts[0].get_color() == before.texts[2].get_color() != before.texts[1].get_color()
    assert before.get_xlim()[0] < -4 < 2 < before.get_xlim()[1]
