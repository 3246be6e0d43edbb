"""The parts: threshold, paper, slant and frame, each by numbers that are known."""

import numpy as np
import pytest
from scipy import ndimage

from jaxcnn.photographs.frame import framed
from jaxcnn.photographs.paper import ink_of, otsu
from jaxcnn.photographs.slant import slant_of, upright


def test_the_threshold_has_the_largest_variance_between_its_sides():
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(0.2, 0.05, 900), random.normal(0.7, 0.1, 100)])

    def between(threshold):
        above = values > threshold
        return above.mean() * (1 - above.mean()) * (values[above].mean() - values[~above].mean()) ** 2

    candidates = np.linspace(values.min(), values.max(), 500)[1:-1]
    assert between(otsu(values)) > 0.999 * max(map(between, candidates))
    assert otsu(np.array([0.0, 0.0, 0.0, 1.0])) == pytest.approx(0.5, abs=0.01)


def test_ink_is_what_differs_from_paper_under_any_smooth_light():
    rows, columns = np.mgrid[-1:1:80j, -1:1:60j]
    light = 0.7 + 0.15 * rows - 0.1 * columns - 0.1 * rows * columns - 0.05 * columns**2
    stroke = np.zeros((80, 60))
    stroke[20:60, 25:32] = 1
    np.testing.assert_allclose(ink_of(light - 0.3 * stroke), stroke, atol=0.1)
    np.testing.assert_allclose(ink_of(light - 0.3 + 0.3 * stroke), stroke, atol=0.1)


def sheared(slant):
    bar = np.zeros((60, 100))
    bar[10:50, 45:55] = 1
    return ndimage.affine_transform(bar, [[1, 0], [-slant, 1]], [0, slant * 29.5], order=1)


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.25])
def test_slant_is_measured_and_taken_away(slant):
    assert slant_of(sheared(slant)) == pytest.approx(slant, abs=0.01)
    assert slant_of(upright(sheared(slant))) == pytest.approx(0, abs=0.01)


def test_ink_far_from_its_middle_stays_inside_the_frame():
    ink = np.zeros((100, 100))
    ink[:, :8] = ink[:30, :60] = 1  # the mass lies near a corner
    found = framed(ink)
    assert found.sum() == pytest.approx(ink.sum() * (20 / 100) ** 2, rel=0.05)
    assert found.shape == (28, 28)
