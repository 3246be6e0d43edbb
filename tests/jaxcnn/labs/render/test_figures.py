"""Drawings are files of their size, drawn once, and equal when what they show is equal."""

import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from jaxcnn.labs.render.figures import DPI, formula, picture
from jaxcnn.plots.lines import lines
from jaxcnn.plots.style import COLOURS, limits, line


def drawn():
    return picture(lines({"a": [1.0, 3.0, 2.0], "b": [2.0, 1.0, 0.5]}, x="epoch", y="loss (nats)"))


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))


def test_a_figure_is_a_picture_of_its_size_with_something_on_it():
    found = drawn()
    image = pixels(found.png)
    assert image.shape[:2] == (round(found.height * DPI), round(found.width * DPI))
    assert (image[0] == 255).all()  # an empty margin
    for colour in COLOURS[:2]:  # both lines are there
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert (image == wanted).all(axis=-1).sum() > 100
    assert ElementTree.fromstring(found.svg).tag.endswith("svg")


def test_equal_figures_are_equal_files():
    first, second = drawn(), drawn()
    assert first == second


def test_a_figure_is_drawn_once():
    figure = lines({"a": [1.0, 2.0]}, x="x", y="y")
    assert picture(figure) is picture(figure)


def test_all_of_a_formula_is_on_its_picture():
    found = formula(r"\frac{\partial L}{\partial W_1} = \sum_{n=1}^{N} x_n g_n^\top")
    image = pixels(found.png).min(axis=-1)
    ink = np.argwhere(image < 128)
    assert len(ink) > 200
    # Its edges are empty, and no wider than twice the margin (2 of 72 points) and what letters keep for themselves.
    below = np.array(image.shape) - 1 - ink.max(axis=0)
    for empty in (*ink.min(axis=0), *below):
        assert 0 < empty < 0.1 * DPI


def test_a_formula_that_nobody_can_set_is_refused():
    with pytest.raises(ValueError, match="Expected"):
        formula(r"\frac{1")


def test_scales_are_symmetric_about_zero_and_hold_every_value():
    assert limits([-0.5, 2.0]) == (-2.0, 2.0)
    assert limits([[0.0]]) == (-1.0, 1.0)
    assert limits(np.zeros((0, 3))) == (-1.0, 1.0)


def test_lines_differ_in_colour_and_in_dashes():
    first = [line(number) for number in range(len(COLOURS))]
    for what in ("color", "linestyle"):
        assert len({str(one[what]) for one in first}) == len(COLOURS)
