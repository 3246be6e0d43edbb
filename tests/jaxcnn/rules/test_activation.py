"""The rules of the activations: their values at chosen points, their kink, their ranges and their tails."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.rules import RULES


def slope(name, points):
    """Return f' at `points`, from the rule."""
    return RULES[name].backward(points, jnp.ones_like(points))[0]


def test_relu_passes_the_cotangent_where_x_is_positive_and_0_at_the_kink():
    points = jnp.asarray([-2.0, -1e-30, -0.0, 0.0, 1e-30, 2.0])
    np.testing.assert_array_equal(slope("relu", points), [0, 0, 0, 0, 1, 1])


def test_relu_does_not_hide_a_nan():
    assert slope("relu", jnp.asarray([jnp.nan])) == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tanh", lambda x: 1 / math.cosh(x) ** 2),
        ("sigmoid", lambda x: 1 / (2 + math.exp(x) + math.exp(-x))),
        ("lecun_tanh", lambda x: 1.7159 * 2 / 3 / math.cosh(2 * x / 3) ** 2 + 0.01),
    ],
    ids=["tanh", "sigmoid", "lecun_tanh"],
)
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64])
def test_the_slope_is_right_relative_to_its_size_also_far_out(name, expected, dtype):
    with jax.enable_x64(True):
        points = jnp.asarray([-30, -8, -1, 0, 0.5, 3, 30], dtype)
        # Two logistics, each 1 / (1 + e) with e right to 4 units, and three products: 16 units in the last place.
        # Where 1 - tanh² would be used the error at 8 is the whole of the slope, 1e-6.
        np.testing.assert_allclose(
            slope(name, points), [expected(float(x)) for x in points], rtol=16 * float(jnp.finfo(dtype).eps)
        )


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("relu", 0, 1), ("tanh", 0, 1), ("sigmoid", 0, 0.25), ("lecun_tanh", 0.01, 1.7159 * 2 / 3 + 0.01)],
)
def test_the_slope_keeps_to_its_range_and_reaches_its_ends(name, low, high):
    found = np.asarray(slope(name, jnp.linspace(-50, 50, 2001)))
    # One rounding at the size of the slope: the bounds themselves are rounded to float32.
    slack = np.finfo(np.float32).eps
    assert abs(found.max() - high) <= 2 * slack
    assert abs(found.min() - low) <= 2 * slack
