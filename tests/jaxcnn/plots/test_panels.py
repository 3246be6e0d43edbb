"""Panels: one line per name, one legend, and no logarithm of 0."""

import numpy as np

from jaxcnn.plots.panels import panels

VALUES = {"deep": {"tanh": [1.0, 0.1], "relu": [0.0, 2.0]}, "deeper": {"relu": [0.5, 0.25, 0.125]}}


def test_every_panel_has_its_lines_and_a_name_looks_the_same_in_all_of_them():
    figure = panels(VALUES, x="layer", y="gradient", log=True)
    deep, deeper = figure.axes
    assert [axes.get_title() for axes in (deep, deeper)] == ["deep", "deeper"]
    by_name = {line.get_label(): line for line in deep.lines}
    assert by_name["relu"].get_color() == deeper.lines[0].get_color() != by_name["tanh"].get_color()
    np.testing.assert_array_equal(by_name["relu"].get_ydata(), [np.nan, 2.0])  # 0 has no place on this scale
    np.testing.assert_array_equal(deeper.lines[0].get_xdata(), [1, 2, 3])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["tanh", "relu"]
    assert deep.get_yscale() == "log"


def test_without_a_logarithm_zero_is_drawn_and_what_has_no_panel_is_empty():
    figure = panels(VALUES | {"more": {"relu": [0.0]}}, x="epoch", y="loss (nats)", first=0, columns=2)
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), [0.0, 2.0])
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_xdata(), [0, 1])
    assert not figure.axes[3].axison
