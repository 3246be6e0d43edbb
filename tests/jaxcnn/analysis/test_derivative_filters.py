"""Filters whose derivative is known, exactly and under noise; and the filter itself, asked by ramps and parabolas."""

import math

import numpy as np
import pytest

from jaxcnn.analysis import answers, filtered, identify, moments, of_layer, parabola, ramp
from jaxcnn.analysis.derivative_filters import QUALIFIES
from jaxcnn.analysis.stencils import families

# Written down, not made by the code on trial. Columns run to the right, rows down.
KNOWN = {
    "Sobel": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], 1, "d/dx", 0),
    "Sobel, brighter to the left": ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], 1, "d/dx", 180),
    "Prewitt": ([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], 1, "d/dy", 90),
    "Scharr": ([[-3, -10, -3], [0, 0, 0], [3, 10, 3]], 1, "d/dy", 90),
    "forward difference": ([[0, 0, 0], [0, -1, 1], [0, 0, 0]], 1, "d/dx", 0),
    "Roberts": ([[0, 0, 0], [0, -1, 0], [0, 0, 1]], 1, "directional d", 45),
    "up and to the right": ([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]], 1, "directional d", -45),
    "second difference along the row": ([[0, 0, 0], [1, -2, 1], [0, 0, 0]], 2, "d2/dx2", 0),
    "second difference along the column": ([[1, 2, 1], [-2, -4, -2], [1, 2, 1]], 2, "d2/dy2", 90),
    "second difference along the diagonal": ([[1, 0, 0], [0, -2, 0], [0, 0, 1]], 2, "directional d2", 45),
    "mixed": ([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], 2, "d2/dxdy", 0),
    "mixed in a corner": ([[1, -1, 0], [-1, 1, 0], [0, 0, 0]], 2, "d2/dxdy", 0),
    "mixed along the diagonals": ([[0, 1, 0], [-1, 0, -1], [0, 1, 0]], 2, "mixed d2", 45),
    "Laplacian, four neighbours": ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], 2, "Laplacian", None),
    "Laplacian, eight neighbours": ([[1, 1, 1], [1, -8, 1], [1, 1, 1]], 2, "Laplacian", None),
    "mean": ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 0, "mean", None),
}
# Of five taps: a difference over four pixels, blurred; a second one over two pixels.
KNOWN_5 = {
    "d/dx": (np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]), 1, "d/dx", 0),
    "d2/dy2": (np.outer([1, 0, -2, 0, 1], [1, 4, 6, 4, 1]), 2, "d2/dy2", 90),
}


def turn(angle, other):
    """Return the angle between two directions, degrees."""
    return abs((angle - other + 180) % 360 - 180)


@pytest.mark.parametrize(
    ("taps", "order", "kind", "angle"), [*KNOWN.values(), *KNOWN_5.values()], ids=[*KNOWN, *(f"5 {k}" for k in KNOWN_5)]
)
def test_a_stencil_of_the_textbooks_is_found(taps, order, kind, angle):
    (found,) = identify(np.array(taps, float)[None])
    assert (found.order, found.kind) == (order, kind)
    assert found.explained > 0.99  # Scharr's 3, 10, 3 lies between two of the blurs
    assert found.qualifies
    assert found.angle is None if angle is None else turn(found.angle, angle) < 1e-9


@pytest.mark.parametrize(("taps", "order", "kind", "angle"), KNOWN.values(), ids=KNOWN)
def test_the_strongest_answer_to_ramps_and_parabolas_is_at_the_angle_that_was_found(taps, order, kind, angle):
    kernel, angles = np.array(taps, float), np.arange(0, 360, 5.0)
    (found,) = identify(kernel[None])
    if order:
        given = answers(kernel, order, angles, found.centre)
        largest = np.abs(given) if kind.startswith(("d2", "directional d2")) else given
        if kind == "Laplacian":
            np.testing.assert_allclose(given, given[0], rtol=0, atol=1e-12)
        elif "mixed" in kind or kind == "d2/dxdy":  # nothing along its axes, most between them
            at = given[np.searchsorted(angles, [found.angle, found.angle + 90])]
            np.testing.assert_allclose(at, 0, rtol=0, atol=1e-12)
        else:
            assert turn(angles[np.argmax(largest)], found.angle) in (0, 180 * (order - 1))
        np.testing.assert_allclose(np.abs(given).max(), found.strength, rtol=1e-12)


def test_ramps_and_parabolas_have_the_derivatives_that_they_are_made_for():
    along, across = ramp(9, 30), ramp(9, 120)
    np.testing.assert_allclose(
        np.gradient(along), (np.full((9, 9), 0.5), np.full((9, 9), math.sqrt(3) / 2)), atol=1e-12
    )
    np.testing.assert_allclose(parabola(9, 30), along**2 / 2)
    np.testing.assert_allclose(np.sum(along * across), 0, atol=1e-9)
    assert along[4, 4] == 0


def test_filtering_is_correlation_at_every_place_where_the_taps_fit():
    random = np.random.default_rng(0)
    image, kernel = random.integers(-9, 9, (5, 6)), random.integers(-9, 9, (3, 3))
    found = filtered(kernel, image)
    assert found.shape == (3, 4)
    assert all(found[r, c] == np.sum(image[r : r + 3, c : c + 3] * kernel) for r in range(3) for c in range(4))


def test_moments_are_the_answers_to_monomials():
    random = np.random.default_rng(1)
    kernel = random.integers(-5, 6, (5, 5)).astype(float)
    y, x = np.mgrid[-2:3, -2:3] + np.array([-0.5, 1.0])[:, None, None]
    wanted = [np.sum(kernel * m) for m in (x**0, x, y, x * x / 2, x * y, y * y / 2)]
    np.testing.assert_allclose(moments(kernel, (-1.0, 0.5)), wanted, rtol=0, atol=1e-12)


# Families that stand on their own feet, as (along, across) taps: exact members at any angle are
# cos t D_x + sin t D_y, and cos² t D_xx + 2 sin t cos t D_xy + sin² t D_yy.
ACROSS = ([0, 1, 0], [1, 2, 1], [1, 1, 1])


def first(angle, across):
    difference = np.array([-1, 0, 1]) / 2
    across = np.array(across) / sum(across)
    return math.cos(angle) * np.outer(across, difference) + math.sin(angle) * np.outer(difference, across)


def second(angle, across, across_the_axis=0.0):
    """Return curvature along the angle plus a multiple of it across: 1 for a Laplacian, -1 for a mixed one."""
    difference, central = np.array([1, -2, 1]), np.array([-1, 0, 1]) / 2
    across = np.array(across) / sum(across)
    parts = np.outer(across, difference), np.outer(central, central), np.outer(difference, across)
    c, s = math.cos(angle), math.sin(angle)
    along = (c * c, 2 * s * c, s * s)
    other = (s * s, -2 * s * c, c * c)
    return sum((a + across_the_axis * b) * part for a, b, part in zip(along, other, parts, strict=True))


# Noise of each tap, as a share of the root mean square of the taps. The noise of the moments is sqrt(6) sigma of m_10
# and m_01 (sum of u² over 3 x 3 is 6), and at most sigma of the entries of the operator off its axes. The weakest
# slope for its taps is that of the plain central difference, sqrt(2) for a root sum of squares of 1, so 10 % of noise,
# sigma = 0.1 / 3, turns it by 0.0577 = 3.3 degrees (one standard deviation); the weakest curvature that of 1, -2, 1,
# 1 / sqrt(6), by 0.0816 = 4.7 degrees. Ten degrees are 3 and 2.1 of these: 99.7 % and 96.6 % of the draws, and more
# for the stencils that are blurred.
NOISE = 0.1
DRAWS = 400


def drawn(make, noise, seed):
    """Return filters at random angles with noise, their means subtracted, and the angles in degrees."""
    random = np.random.default_rng(seed)
    angles = random.uniform(-math.pi, math.pi, DRAWS)
    kernels = np.array([make(angle) for angle in angles])
    rms = np.sqrt(np.mean(kernels**2, axis=(1, 2), keepdims=True))
    kernels = kernels + noise * rms * random.standard_normal(kernels.shape)
    return kernels - kernels.mean(axis=(1, 2), keepdims=True), np.degrees(angles)


def right(found, order, angles, period):
    """Return the shares of the filters with the right order, and with an angle within ten degrees (of those)."""
    own = [(one, angle) for one, angle in zip(found, angles, strict=True) if one.order == order]
    off = [
        np.inf if one.angle is None else (one.angle - angle + period / 2) % period - period / 2 for one, angle in own
    ]
    return len(own) / len(found), np.mean(np.abs(off) <= 10)


@pytest.mark.parametrize("across", ACROSS, ids=["plain", "Sobel", "Prewitt"])
def test_under_noise_of_a_tenth_order_and_angle_of_first_derivatives_are_right_in_95_of_100(across):
    kernels, angles = drawn(lambda angle: first(angle, across), NOISE, seed=2)
    assert min(right(identify(kernels), 1, angles, 360)) >= 0.95


@pytest.mark.parametrize("across", ACROSS, ids=["plain", "Sobel", "Prewitt"])
def test_under_noise_of_a_tenth_order_and_axis_of_second_derivatives_are_right_in_95_of_100(across):
    kernels, angles = drawn(lambda angle: second(angle, across), NOISE, seed=3)
    found = identify(kernels)
    assert np.mean(["d2/d" in one.kind or one.kind == "directional d2" for one in found]) >= 0.95
    assert min(right(found, 2, angles, 180)) >= 0.95


@pytest.mark.parametrize(("other", "kinds"), [(1.0, ("Laplacian",)), (-1.0, ("mixed d2", "d2/dxdy"))])
def test_under_noise_of_a_tenth_laplacians_and_mixed_derivatives_are_told_apart(other, kinds):
    kernels, _ = drawn(lambda angle: second(angle, [1, 2, 1], other), NOISE, seed=4)
    assert np.mean([one.kind in kinds for one in identify(kernels)]) >= 0.95


def test_noise_as_large_as_the_filter_hides_the_angle():
    """The figure above is not a matter of course."""
    kernels, angles = drawn(lambda angle: first(angle, [0, 1, 0]), 1.0, seed=5)
    assert right(identify(kernels), 1, angles, 360)[1] < 0.7


@pytest.mark.parametrize(("size", "most"), [(3, 0.05), (5, 0.001)])
def test_few_random_filters_qualify(size, most):
    random = np.random.default_rng(6).standard_normal((2000, size, size))
    found = identify(random - random.mean(axis=(1, 2), keepdims=True))
    assert np.mean([one.explained >= QUALIFIES for one in found]) <= most


def test_the_taps_of_every_stencil_sum_to_what_its_order_says():
    for family in families(5):
        for stencil in family.stencils:
            level, *slopes = moments(stencil, family.centre)[:3]
            assert abs(level - (family.order == 0)) < 1e-12
            assert family.order == 1 or np.abs(slopes).max() < 1e-12


def test_a_layer_has_a_filter_for_each_input_and_output_channel_without_its_mean():
    kernel = np.random.default_rng(7).standard_normal((3, 3, 2, 4))
    found = of_layer(kernel)
    assert found.shape == (8, 3, 3)
    np.testing.assert_allclose(found[1 * 4 + 2], kernel[:, :, 1, 2] - kernel[:, :, 1, 2].mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: identify(np.ones((3, 3))), r"must have shape \(filters, size, size\); got \(3, 3\)"),
        (lambda: identify(np.ones((2, 3, 5))), r"must have shape \(filters, size, size\)"),
        (lambda: identify(np.ones((2, 4, 4))), "odd number of rows and columns, at least 3; got 4"),
        (lambda: identify(np.stack([np.eye(3), np.zeros((3, 3))])), "not zero; filter 1 has a sum of squares of 0"),
        (lambda: identify(np.full((1, 3, 3), np.nan)), "must be finite and not zero; filter 0"),
        (lambda: of_layer(np.ones((3, 3))), r"must have shape \(rows, columns, inputs, features\); got \(3, 3\)"),
        (lambda: answers(np.eye(3), 3, np.zeros(1)), r"`order` must be 1 \(ramps\) or 2 \(parabolas\); got 3"),
    ],
)
def test_what_is_no_filter_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
