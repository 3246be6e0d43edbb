"""MNIST's own digits, found again, stay nearly as they are: `pytest --data DIR`."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from jaxcnn.datasets import load
from jaxcnn.photographs import digit_of


def alike(first, second):
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


@pytest.fixture(scope="module")
def images(request):
    return load("mnist", "test", request.config.getoption("--data").resolve()).images[:500, ..., 0]


def test_mnists_digits_stay_nearly_as_they_are_in_either_polarity(images):
    for image in images:
        found, inverted = digit_of(image)[..., 0], digit_of(255 - image)[..., 0]
        np.testing.assert_allclose(inverted.astype(int), found, atol=2)
        # Of 255; a shift by half a pixel, as the box of 20 allows, makes that much of thin strokes.
        assert np.abs(found.astype(int) - image).mean() < 24
        assert alike(found, image) > 0.8


def test_the_middle_is_where_mnist_has_it(images):
    middle = np.mean([ndimage.center_of_mass(image) for image in images], axis=0)
    found = np.mean([ndimage.center_of_mass(digit_of(image)[..., 0]) for image in images], axis=0)
    np.testing.assert_allclose(found, middle, atol=0.05)


def test_scans_of_16_x_16_are_the_digit(images):
    found = []
    for image in images:
        scan = np.asarray(Image.fromarray(image[4:24, 4:24]).resize((16, 16), Image.Resampling.BOX))
        found.append(alike(digit_of(255 - scan), image))
    assert min(found) > 0.3  # the wrong polarity is below 0
    assert np.median(found) > 0.85
