"""Augmentation: the resampling is SciPy's, and every variation stays within its range."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from jaxcnn.training import Augmentation
from jaxcnn.training.augmentation import augmented, matrix_and_offset, resampled
from jaxcnn.training.preparation import Preparation

IMAGE = np.random.default_rng(0).random((9, 7, 2)).astype(np.float32)
EVERYTHING = Augmentation(shift=2, rotate=20, zoom=0.2, slant=0.3)


def by_scipy(image, matrix, offset):
    centre = (np.array(image.shape[:2]) - 1) / 2
    move = centre - matrix @ centre + offset
    return np.stack(
        [ndimage.affine_transform(image[..., c], matrix, move, order=1, mode="grid-constant") for c in range(2)], -1
    )


def test_resampling_is_that_of_scipy():
    for seed in range(5):
        matrix, offset = map(np.asarray, matrix_and_offset(EVERYTHING, jax.random.key(seed)))
        found = resampled(IMAGE, matrix, offset)
        # Pixels of at most 1 at places of at most 9, whose rounding is what the weights of four neighbours inherit.
        np.testing.assert_allclose(found, by_scipy(IMAGE, matrix, offset), rtol=0, atol=16 * 9 * 2**-24)


@pytest.mark.parametrize(
    ("augmentation", "matrix"),
    [
        (Augmentation(shift=3), lambda _: np.eye(2)),
        (
            Augmentation(rotate=90),
            lambda u: [[np.cos(u * np.pi / 2), -np.sin(u * np.pi / 2)], [np.sin(u * np.pi / 2), np.cos(u * np.pi / 2)]],
        ),
    ],
    ids=["shift", "rotate"],
)
def test_shift_and_rotation_are_what_they_say(augmentation, matrix):
    for seed in range(4):
        down, right, turn, _, _ = np.asarray(jax.random.uniform(jax.random.key(seed), (5,), minval=-1.0, maxval=1.0))
        found, offset = matrix_and_offset(augmentation, jax.random.key(seed))
        np.testing.assert_allclose(found, matrix(turn), atol=1e-6)
        np.testing.assert_allclose(offset, augmentation.shift * np.array([down, right]), atol=1e-6)


def test_zoom_and_slant_keep_within_their_ranges_and_reach_both_sides():
    zooms, slants = [], []
    for seed in range(40):
        matrix, _ = matrix_and_offset(Augmentation(zoom=0.2, slant=0.3), jax.random.key(seed))
        zooms.append(float(matrix[0, 0]))
        slants.append(float(matrix[1, 0] / matrix[0, 0]))
        assert matrix[0, 1] == 0
    assert 1 / 1.2 - 1e-6 <= min(zooms) < 0.9
    assert 1.1 < max(zooms) <= 1.2 + 1e-6
    assert -0.3 - 1e-6 <= min(slants) < -0.2
    assert 0.2 < max(slants) <= 0.3 + 1e-6


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
