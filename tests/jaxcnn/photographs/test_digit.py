"""A digit comes back from photographs of it as it is: found, the right way round, in MNIST's frame."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from jaxcnn.photographs import PhotographError, digit_of
from tests.jaxcnn.photographs._papers import DIGITS, ink, photograph

ROWS = range(8)


def box(digit):
    """Return height and width of what is at least half white."""
    rows, columns = (np.flatnonzero((digit[..., 0] > 127).any(axis=axis)) for axis in (1, 0))
    return rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def alike(first, second):
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


TAKEN = {
    "as drawn": {},
    "white on black": {"paper": 0.15, "pen": 0.9},
    "light from one side": {"light": 0.6},
    "white on black, light from one side": {"paper": 0.4, "pen": 1.0, "light": 0.5},
    "dark edges": {"vignette": 0.6},
    "grain": {"grain": 0.05},
    "pale pencil, grain, uneven": {"pen": 0.55, "grain": 0.02, "light": 0.3, "vignette": 0.2},
    "in a corner": {"at": (3, 4)},
    "cut close": {"size": (104, 104), "at": (2, 2)},
    "on a wide sheet": {"size": (400, 1400), "at": (250, 1200)},
}


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
def test_a_digit_is_found_and_framed_however_it_is_photographed(taken):
    for row in ROWS:
        drawn = ink(row)
        found, plain = digit_of(photograph(drawn, **taken)), digit_of(photograph(drawn))
        assert (found.shape, found.dtype) == ((28, 28, 1), np.uint8)
        assert np.abs(np.array(ndimage.center_of_mass(found[..., 0])) - 14).max() < 0.5
        assert abs(max(box(found)) - 20) <= 1
        assert alike(found, plain) > 0.95
        assert alike(found, 255 - plain) < 0


@pytest.mark.parametrize("height", [12, 24, 60, 220, 700])
def test_the_size_of_the_picture_does_not_matter(height):
    for row in ROWS[:3]:
        drawn = ink(row, height)
        found = digit_of(photograph(drawn, (2 * height, 2 * height), (height // 3, height // 2)))
        assert alike(found, digit_of(photograph(ink(row)))) > 0.85
        assert abs(max(box(found)) - 20) <= 1


def test_proportions_are_kept():
    bar = digit_of(photograph(np.ones((100, 20))))[..., 0] / 255
    assert bar.sum() == pytest.approx(20 * 4, rel=0.05)
    assert bar.sum(axis=0).max() == pytest.approx(20, abs=0.5)
    assert bar.sum(axis=1).max() == pytest.approx(4, abs=0.5)
    lying = digit_of(photograph(np.ones((20, 100))))[..., 0] / 255
    np.testing.assert_allclose(lying, bar.T, atol=0.15)


def test_a_digit_of_mnists_form_stays_nearly_as_it_is():
    for row in ROWS:
        once = digit_of(photograph(ink(row)))
        assert np.abs(digit_of(once[..., 0]).astype(int) - once).mean() < 8  # of 255
        assert alike(digit_of(255 - once[..., 0]), once) > 0.98


def test_scans_of_8_x_8_in_either_polarity_are_the_digit():
    for row in range(40):
        whole = Image.fromarray(DIGITS.images[row, 4:24, 4:24, 0])
        scan = np.asarray(whole.resize((8, 8), Image.Resampling.BOX))
        found, other = digit_of(scan), digit_of(255 - scan)
        assert alike(found, DIGITS.images[row]) > 0.5
        assert alike(found, other) > 0.99


def test_specks_and_the_shadow_of_a_hand_are_left_out():
    for row in ROWS:
        drawn = ink(row)
        clean = photograph(drawn)
        dirty = clean.copy()
        dirty[20:24, 220:224] = dirty[270:273, 30:36] = 20
        dirty[:, -20:] = dirty[:, -20:] // 3
        assert alike(digit_of(dirty), digit_of(clean)) > 0.95


def test_strokes_of_one_digit_that_do_not_touch_stay_together():
    five = np.zeros((100, 60))
    five[:10, 14:] = five[16:60, :12] = five[50:60, :50] = five[55:100, 48:60] = five[90:, :60] = 1
    found = digit_of(photograph(five))
    assert alike(found, digit_of(photograph(np.maximum(five, ndimage.grey_closing(five, 9))))) > 0.9
    assert (found[3:8] > 127).sum() > 15  # the bar on top


def test_deskewing_makes_a_slanted_bar_upright():
    bar = np.zeros((100, 100))
    for row in range(100):
        bar[row, 60 - row // 2 : 75 - row // 2] = 1
    slanted, upright = (digit_of(photograph(bar), deskew=deskew) for deskew in (False, True))
    assert box(slanted)[1] > 10
    assert box(upright)[1] <= 5
    assert box(upright)[0] >= 19


GRAIN = np.random.default_rng(0).normal(size=(120, 90))
NOTHING = {
    "white": np.full((100, 80), 255, np.uint8),
    "black": np.zeros((100, 80), np.uint8),
    "one grey": np.full((9, 9), 77, np.uint8),
    "uneven light": np.rint(np.outer(np.linspace(90, 250, 100), np.linspace(0.5, 1, 80))).astype(np.uint8),
    "grain": np.clip(128 + 30 * GRAIN, 0, 255).astype(np.uint8),
    "grain of a small scan": np.clip(128 + 30 * GRAIN[:28, :28], 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("grey", NOTHING.values(), ids=NOTHING)
def test_a_picture_without_a_digit_is_refused(grey):
    with pytest.raises(PhotographError, match=r"^Nothing in the picture stands out from its background: "):
        digit_of(grey)


def test_a_picture_that_is_too_small_is_refused():
    with pytest.raises(PhotographError, match=r"^A picture must have at least 5 pixels .*; got 4 x 3\.$"):
        digit_of(np.zeros((3, 4), np.uint8))


@pytest.mark.parametrize("grey", [np.zeros((9, 9, 1), np.uint8), np.zeros((9, 9)), [[0]]], ids=["3-D", "float", "list"])
def test_what_is_no_grey_picture_is_refused(grey):
    with pytest.raises(TypeError, match=r"^`grey` must be \(H, W\) uint8; got "):
        digit_of(grey)
