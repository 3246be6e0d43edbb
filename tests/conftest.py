"""Strict promotion for every test, fresh keys, and the Hypothesis profiles. 64-bit types stay off."""

import itertools
from collections.abc import Callable

import hypothesis
import jax
import pytest

pytest_plugins = ["pytester"]  # runs pytest inside a test, for the plugin of verify

# A silent broadcast or a silent cast in a test's own arithmetic would hide a wrong shape or type.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# No deadline: a jitted function's first call compiles. For other examples in each run: --hypothesis-profile=explore.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("ci")


@pytest.fixture
def key() -> Callable[[], jax.Array]:
    """Make PRNG keys: every call `key()` returns another one, and every test the same ones in every run."""
    seeds = itertools.count()
    return lambda: jax.random.key(next(seeds))
