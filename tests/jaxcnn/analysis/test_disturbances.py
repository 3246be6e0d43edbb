"""Disturbances: each does what its name and its unit say, by numbers that are known."""

import numpy as np
import pytest
from scipy import ndimage

from jaxcnn.analysis import DISTURBANCES, disturbed
from jaxcnn.photographs.slant import slant_of

BAR = np.zeros((1, 29, 29, 1), np.uint8)
BAR[:, 8:21, 12:17] = 255
ALL = np.concatenate([BAR] * 20)


def changed(name, strength, images=ALL):
    return disturbed(images, name, strength)[..., 0] / 255


def middle(image):
    return np.array(ndimage.center_of_mass(image)) - 14


def test_moving_is_by_as_many_pixels_in_any_direction():
    moves = np.array([middle(image) for image in changed("moved", 3)])
    np.testing.assert_allclose(np.linalg.norm(moves, axis=1), 3, atol=0.05)
    assert (moves.min(axis=0) < -1).all()
    assert (moves.max(axis=0) > 1).all()


def test_turning_is_by_the_angle_either_way():
    dot = np.zeros((20, 29, 29, 1), np.uint8)
    dot[:, 13:16, 22:25] = 255  # nine pixels to the right of the middle
    angles = [np.degrees(np.arctan2(*middle(image))) for image in changed("turned", 20, dot)]
    np.testing.assert_allclose(np.abs(angles), 20, atol=0.5)
    assert min(angles) < 0 < max(angles)


@pytest.mark.parametrize("factor", [0.5, 1.4])
def test_size_is_a_factor_of_both_sides(factor):
    assert changed("size", factor, BAR)[0].sum() == pytest.approx(13 * 5 * factor**2, rel=0.1)


def test_slant_is_in_columns_per_row_either_way():
    slants = [slant_of(image) for image in changed("slanted", 0.4)]
    np.testing.assert_allclose(np.abs(slants), 0.4, atol=0.02)
    assert min(slants) < 0 < max(slants)


@pytest.mark.parametrize("pixels", [-1, 1, 2])
def test_a_pen_is_wider_by_as_many_pixels(pixels):
    (found,) = changed("pen", pixels, BAR)
    assert found.sum(axis=1).max() == 5 + pixels
    assert found.sum(axis=0).max() == 13 + pixels


def test_a_scan_has_as_many_pixels_as_it_says():
    noise = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 1)).astype(np.uint8)
    (found,) = changed("scan", 7, noise)
    coarse = noise.reshape(7, 4, 7, 4).mean(axis=(1, 3)) / 255
    # Where four pixels of the large image lie around the centre of one of the scan, their mean is nearly that pixel.
    assert np.linalg.matrix_rank(found, tol=0.02) == 7
    assert np.corrcoef(found.reshape(7, 4, 7, 4).mean(axis=(1, 3)).ravel(), coarse.ravel())[0, 1] > 0.9


def test_blur_adds_its_variance_and_keeps_the_ink():
    (found,) = changed("blurred", 1.5, BAR)
    assert found.sum() == pytest.approx(13 * 5, rel=0.01)
    columns = np.arange(29) - 14
    variance = (found.sum(axis=0) * columns**2).sum() / found.sum()
    assert variance == pytest.approx(2 + 1.5**2, rel=0.03)  # that of five columns is 2


def test_noise_has_its_deviation_and_stays_between_black_and_white():
    grey = np.full((1, 28, 28, 1), 128, np.uint8)
    (found,) = changed("noise", 0.1, grey)
    assert found.std() == pytest.approx(0.1, rel=0.1)
    assert disturbed(ALL, "noise", 0.3).min() == 0


def test_pale_images_keep_so_much_of_their_contrast():
    (found,) = changed("pale", 0.4, BAR)
    assert (found.min(), found.max()) == pytest.approx((0.3, 0.7), abs=0.002)


def test_uneven_light_reaches_from_nothing_to_its_strength_and_leaves_white_ink():
    for image in changed("uneven light", 0.6):
        assert image[BAR[0, ..., 0] == 0].min() == pytest.approx(0, abs=0.05)
        assert image[BAR[0, ..., 0] == 0].max() == pytest.approx(0.6, abs=0.05)
        assert image[BAR[0, ..., 0] > 0].min() == 1


def test_inverted_is_black_on_white():
    np.testing.assert_array_equal(disturbed(BAR, "inverted", 1), 255 - BAR)


def test_equal_seeds_disturb_alike_and_every_strength_is_possible():
    for name, kind in DISTURBANCES.items():
        for strength in kind.strengths:
            found = disturbed(BAR, name, strength)
            assert (found.shape, found.dtype) == (BAR.shape, np.uint8)
            np.testing.assert_array_equal(disturbed(BAR, name, strength), found)
            assert not np.array_equal(found, BAR), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((BAR, "torn", 1), r"^`name` must be one of moved, turned, .*; got 'torn'\.$"),
        ((BAR[..., 0], "moved", 1), r"^`images` must be \(N, H, W, 1\) uint8; got \(1, 29, 29\) uint8\.$"),
        ((BAR / 255, "moved", 1), r"^`images` must be \(N, H, W, 1\) uint8; got \(1, 29, 29, 1\) float64\.$"),
    ],
    ids=["name", "shape", "dtype"],
)
def test_what_cannot_be_disturbed_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        disturbed(*arguments)
