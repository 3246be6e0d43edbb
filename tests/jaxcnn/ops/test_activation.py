"""The activations against Python's own mathematics, entry by entry."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.ops import lecun_tanh, relu, sigmoid, tanh

POINTS = [-30.0, -2.5, -1.0, -1e-3, 0.0, 1e-3, 0.5, 1.0, 3.0, 30.0]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (relu, lambda x: max(x, 0.0)),
        (tanh, math.tanh),
        (sigmoid, lambda x: 1 / (1 + math.exp(-x))),
        (lecun_tanh, lambda x: 1.7159 * math.tanh(2 * x / 3) + 0.01 * x),
    ],
    ids=["relu", "tanh", "sigmoid", "lecun_tanh"],
)
def test_an_activation_is_its_formula(function, expected):
    with jax.enable_x64(True):
        found = np.asarray(function(jnp.asarray(POINTS, jnp.float64)))
    # A handful of operations, each right to a few units in the last place: sixteen are enough and 1e-14 would show.
    np.testing.assert_allclose(found, [expected(x) for x in POINTS], rtol=16 * np.finfo(np.float64).eps)


def test_autodiff_of_relu_is_0_at_0_and_a_nan_is_not_hidden():
    assert jax.grad(relu)(0.0) == 0
    assert jax.grad(relu)(-0.0) == 0
    assert jnp.isnan(relu(jnp.nan))


@pytest.mark.parametrize("function", [relu, tanh, sigmoid, lecun_tanh])
@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32])
def test_the_dtype_is_kept_and_the_ends_of_its_range_give_no_nan(function, dtype):
    ends = jnp.asarray([jnp.finfo(dtype).min, jnp.finfo(dtype).max], dtype)
    found = function(ends)
    assert found.dtype == dtype
    assert not jnp.isnan(found).any()
