"""Augmentation: the resampling is SciPy's, and every variation stays within its range."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jaxcnn.training import Augmentation
from jaxcnn.training.augmentation import augmented
from jaxcnn.training.augmentation.elastic import bumps, displacement
from jaxcnn.training.augmentation.grey import shaded
from jaxcnn.training.augmentation.placing import matrix_and_offset, resampled
from jaxcnn.training.augmentation.scanning import averages, coarse, scans
from jaxcnn.training.augmentation.strokes import redrawn
from jaxcnn.training.preparation import Preparation

IMAGE = np.random.default_rng(0).random((9, 7, 2)).astype(np.float32)
NOWHERE = {"shift": 0.0, "rotate": 0.0, "zoom": 0.0, "slant": 0.0, "stretch": 0.0}
PLACES = {"shift": 2.0, "rotate": 20.0, "zoom": 0.2, "slant": 0.3, "stretch": 0.2}
EVERYTHING = Augmentation(**PLACES, elastic=0.5, stroke=0.5, coarse=0.5, gamma=0.5, fade=0.2)


def by_scipy(image, matrix, offset, bent):
    centre = (np.array(image.shape[:2]) - 1)[:, None, None] / 2
    read = np.einsum("ij,jhw->ihw", matrix, np.indices(image.shape[:2]) - centre) + centre + offset[:, None, None]
    return np.stack(
        [ndimage.map_coordinates(image[..., c], read + bent, order=1, mode="grid-constant") for c in range(2)], -1
    )


def test_resampling_is_that_of_scipy():
    for seed in range(5):
        matrix, offset = map(np.asarray, matrix_and_offset(jax.random.key(seed), **PLACES))
        bent = np.random.default_rng(seed).normal(size=(2, 9, 7)).astype(np.float32)
        found = resampled(IMAGE, matrix, offset, bent)
        # Pixels of at most 1 at places of at most 9, whose rounding is what the weights of four neighbours inherit.
        np.testing.assert_allclose(found, by_scipy(IMAGE, matrix, offset, bent), rtol=0, atol=16 * 9 * 2**-24)


@pytest.mark.parametrize(
    ("change", "matrix"),
    [
        ({"shift": 3.0}, lambda _: np.eye(2)),
        (
            {"rotate": 90.0},
            lambda u: [[np.cos(u * np.pi / 2), -np.sin(u * np.pi / 2)], [np.sin(u * np.pi / 2), np.cos(u * np.pi / 2)]],
        ),
    ],
    ids=["shift", "rotate"],
)
def test_shift_and_rotation_are_what_they_say(change, matrix):
    for seed in range(4):
        down, right, turn, *_ = np.asarray(jax.random.uniform(jax.random.key(seed), (6,), minval=-1.0, maxval=1.0))
        found, offset = matrix_and_offset(jax.random.key(seed), **{**NOWHERE, **change})
        np.testing.assert_allclose(found, matrix(turn), atol=1e-6)
        np.testing.assert_allclose(offset, change.get("shift", 0) * np.array([down, right]), atol=1e-6)


def test_zoom_slant_and_stretch_keep_within_their_ranges_and_reach_both_sides():
    zooms, slants, widths = [], [], []
    for seed in range(40):
        ranges = {**NOWHERE, "zoom": 0.2, "slant": 0.3, "stretch": 0.5}
        matrix, _ = matrix_and_offset(jax.random.key(seed), **ranges)
        zooms.append(float(matrix[0, 0]))
        slants.append(float(matrix[1, 0] / matrix[0, 0]))
        widths.append(float(matrix[1, 1] / matrix[0, 0]))
        assert matrix[0, 1] == 0
    assert 1 / 1.5 - 1e-6 <= min(widths) < 0.8
    assert 1.25 < max(widths) <= 1.5 + 1e-6
    assert 1 / 1.2 - 1e-6 <= min(zooms) < 0.9
    assert 1.1 < max(zooms) <= 1.2 + 1e-6
    assert -0.3 - 1e-6 <= min(slants) < -0.2
    assert 0.2 < max(slants) <= 0.3 + 1e-6


def test_points_are_moved_smoothly_and_everywhere_by_the_same_variance():
    rows = bumps(28)
    np.testing.assert_allclose((rows**2).sum(axis=1), 1, atol=1e-6)  # so each pixel has variance 1
    fields = np.asarray(jax.vmap(lambda key: displacement(key, (28, 20)))(jax.random.split(jax.random.key(0), 64)))
    assert fields.shape == (64, 2, 28, 20)
    # Of 64 * 2 fields with some 20 independent places each.
    assert abs(fields.var() - 1) < 0.1
    # A Gaussian of width 4 has correlated neighbours: 1 - exp(-1 / (4 * 4²)) = 0.016 apart, at variance 2 * 0.016.
    assert 0.02 < np.diff(fields, axis=2).var() < 0.05


def test_a_stroke_gains_and_loses_as_many_pixels_as_asked_for():
    stroke = np.zeros((9, 9, 1), np.float32)
    stroke[:, 3:6] = 1
    for width in (-1.0, -0.5, 0.0, 0.5, 1.0):
        found = np.asarray(redrawn(stroke, jnp.float32(width)))[4, :, 0]
        assert found.sum() == 3 + 2 * width
        np.testing.assert_array_equal(found, found[::-1])
    # Outside lies no ink: a stroke along the edge loses there as well.
    np.testing.assert_array_equal(redrawn(stroke, jnp.float32(-1.0))[:, 4, 0], [0, 1, 1, 1, 1, 1, 1, 1, 0])


def test_a_coarse_scan_is_the_mean_of_blocks_enlarged():
    np.testing.assert_allclose(averages(6, 3), np.kron(np.eye(3), [[0.5, 0.5]]))
    np.testing.assert_allclose(averages(5, 2), [[0.4, 0.4, 0.2, 0, 0], [0, 0, 0.2, 0.4, 0.4]], atol=1e-12)
    kinds = scans(28)
    np.testing.assert_array_equal(kinds[0], np.eye(28))
    np.testing.assert_allclose(kinds.sum(axis=2), 1, atol=1e-6)  # what is all alike stays so
    ranks = [np.linalg.matrix_rank(kind, tol=1e-4) for kind in kinds[1:]]
    assert (ranks[0], ranks[-1]) == (10, 22)
    assert scans(5).shape == (len(kinds), 5, 5)


def test_the_given_share_is_scanned_coarsely():
    keys, image = jax.random.split(jax.random.key(0), 400), jnp.asarray(IMAGE)
    found = np.asarray(jax.vmap(lambda key: coarse(image, 0.25, key))(keys))
    same = np.isclose(found, IMAGE, atol=1e-6).all(axis=(1, 2, 3))
    assert abs(same.sum() - 300) < 35  # see below
    rows, columns = scans(9)[1:], scans(7)[1:]
    made = [np.einsum("ah,hwc,bw->abc", a, IMAGE, b) for a, b in zip(rows, columns, strict=True)]
    assert all(min(np.abs(one - other).max() for other in made) < 1e-6 for one in found[~same])


def test_greys_lie_between_the_new_ends_and_keep_their_order():
    greys, ends = jnp.linspace(0, 1, 11), []
    for seed in range(20):
        found = np.asarray(shaded(greys, 0.5, 0.2, jax.random.key(seed)))
        assert (np.diff(found) > 0).all()
        ends.append((found[0], 1 - found[-1], np.log((found[5] - found[0]) / (found[-1] - found[0])) / np.log(0.5)))
    dark, bright, power = np.transpose(ends)
    for end in (dark, bright):
        assert 0 <= end.min() < 0.05 < 0.15 < end.max() <= 0.2
    assert 1 / 1.5 - 1e-5 <= power.min() < 0.8 < 1.25 < power.max() <= 1.5 + 1e-5


def test_noise_stays_between_black_and_white():
    found = np.asarray(augmented(Augmentation(noise=0.5), jax.random.key(0), jnp.asarray(IMAGE)))
    assert 0 == found.min() < found.max() == 1
    inside = (found > 0) & (found < 1)
    assert 0.2 < np.std((found - IMAGE)[inside]) < 0.5


def test_the_given_share_is_inverted():
    keys = jax.random.split(jax.random.key(0), 400)
    found = np.asarray(jax.vmap(lambda key: augmented(Augmentation(invert=0.25), key, jnp.asarray(IMAGE)))(keys))
    inverted = (found == 1 - IMAGE).all(axis=(1, 2, 3))
    assert ((found == IMAGE).all(axis=(1, 2, 3)) | inverted).all()
    # 400 draws of a quarter: a standard deviation of 8.7.
    assert abs(inverted.sum() - 100) < 35


def test_only_images_with_keys_are_varied_and_every_key_varies_otherwise():
    pixels = np.stack([(255 * IMAGE).astype(np.uint8)] * 2)
    prepare = Preparation(-1.0, 1.0, EVERYTHING)
    np.testing.assert_allclose(prepare(pixels, None), pixels / 127.5 - 1, atol=1e-6)
    first, second = np.asarray(prepare(pixels, jax.random.split(jax.random.key(0), 2)))
    assert np.abs(first - second).max() > 0.1
    assert first.min() >= -1
    assert first.max() <= 1
