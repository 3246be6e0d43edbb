"""Predictive distributions side by side: what is drawn, and what is refused."""

import numpy as np
import pytest

from jaxcnn.plots.distributions import distributions

IMAGE = np.zeros((4, 4, 1), np.uint8)


def test_the_bars_are_the_probabilities_and_every_chart_has_one_scale():
    found = {"by convolution": np.array([0.25, 0.75]), "by matrices": np.array([0.5, 0.5])}
    picture, *charts = distributions(IMAGE, found, ("shirt", "coat")).axes
    assert len(picture.images) == 1
    for axes, (name, values) in zip(charts, found.items(), strict=True):
        assert axes.get_title() == name
        assert [bar.get_width() for bar in axes.patches] == list(values)
        assert axes.get_xlabel() == "probability"
    assert charts[0].get_xlim() == charts[1].get_xlim()
    assert [label.get_text() for label in charts[0].get_yticklabels()] == ["shirt", "coat"]


def test_a_distribution_over_other_classes_is_refused():
    with pytest.raises(ValueError, match=r"^`found` must have 2 probabilities by matrices; got shape \(3,\)\.$"):
        distributions(IMAGE, {"by matrices": np.ones(3) / 3}, ("shirt", "coat"))
