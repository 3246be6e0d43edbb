"""Arrays of small whole numbers, on which float arithmetic is exact, and one telling example for every rule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

Example = tuple[tuple[jax.Array, ...], dict[str, Any]]

# Per rule: the shapes of its arguments and its options. Not square, more than one example, strides that leave a
# remainder, dilation, groups, windows that overlap, padding that is not symmetric: whatever can be mixed up is not 1.
EXAMPLES = {
    "conv": (
        ((2, 7, 6, 4), (3, 2, 2, 6), (6,)),
        {"strides": (2, 3), "padding": ((2, 1), (0, 2)), "dilation": 2, "groups": 2},
    ),
    "max_pool": (((2, 7, 6, 3),), {"window": (3, 2), "strides": (2, 1), "padding": ((1, 1), (0, 1))}),
    "avg_pool": (((2, 7, 6, 3),), {"window": (3, 2), "strides": (2, 1), "padding": ((1, 1), (0, 1))}),
    "relu": (((2, 3, 2),), {}),
    "tanh": (((2, 3, 2),), {}),
    "sigmoid": (((2, 3, 2),), {}),
    "lecun_tanh": (((2, 3, 2),), {}),
    "flatten": (((2, 3, 2, 2),), {}),
    "dense": (((3, 4), (4, 5), (5,)), {}),
    "softmax": (((3, 4),), {}),
    "log_softmax": (((3, 4),), {}),
    "cross_entropy": (((3, 4), (3, 4)), {}),
}

# These only add, multiply and select, so that on whole numbers every result is a whole number.
WHOLE = ("conv", "max_pool", "flatten", "dense")


@pytest.fixture
def integers() -> Callable[..., jax.Array]:
    """Return `integers(shape, low=-3, high=3, dtype=float32)`: whole numbers, other ones at every call."""
    random = np.random.default_rng(20)

    def draw(shape: tuple[int, ...], low: int = -3, high: int = 3, dtype: Any = jnp.float32) -> jax.Array:
        return jnp.asarray(random.integers(low, high + 1, shape), dtype)

    return draw


@pytest.fixture
def reals() -> Callable[..., jax.Array]:
    """Return `reals(shape, dtype=float32)`: numbers from -2 to 2 in steps of 1 / 64, exact in every float dtype."""
    random = np.random.default_rng(21)

    def draw(shape: tuple[int, ...], dtype: Any = jnp.float32) -> jax.Array:
        return jnp.asarray(random.integers(-128, 129, shape) / 64, dtype)

    return draw


@pytest.fixture
def example(integers: Callable[..., jax.Array], reals: Callable[..., jax.Array]) -> Callable[..., Example]:
    """Return `example(rule_name, dtype=float32)`: arguments and options; whole numbers where results stay whole."""

    def make(name: str, dtype: Any = jnp.float32) -> Example:
        shapes, options = EXAMPLES[name]
        draw = integers if name in WHOLE else reals
        return tuple(draw(shape, dtype=dtype) for shape in shapes), options

    return make
