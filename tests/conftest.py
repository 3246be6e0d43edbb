"""Strict promotion for every test, fresh keys, Hypothesis profiles, and tests on real data. 64-bit types stay off."""

import gc
import itertools
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis
import jax
import pytest

# The tests of the command line must leave nothing in the cache of whoever runs them, nor find anything there.
os.environ["JAXCNN_COMPILED"] = "off"

# Every operation that is lowered carries the stack that made it, which only XLA's own messages would show: an eighth
# of the time of a check. Here, and in the processes that the tests start.
os.environ["JAX_TRACEBACK_IN_LOCATIONS_LIMIT"] = "0"
jax.config.update("jax_traceback_in_locations_limit", 0)

pytest_plugins = ["pytester"]  # runs pytest inside a test, for the plugin of verify

# A silent broadcast or a silent cast in a test's own arithmetic would hide a wrong shape or type.
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")

# JAX keeps very many objects alive, and looking through them all for garbage at every turn takes 4 % of the time.
gc.set_threshold(100_000)

# What several tests need is compiled once: a fifth of the time of all. Every worker has a folder of its own, since JAX
# does not write its cache atomically: one worker could read what another has written by half.
COMPILED = tempfile.TemporaryDirectory(prefix="compiled-")
jax.config.update("jax_compilation_cache_dir", COMPILED.name)
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

# No deadline: a jitted function's first call compiles. For other examples in each run: --hypothesis-profile=explore.
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile("ci")


@pytest.fixture
def key() -> Callable[[], jax.Array]:
    """Make PRNG keys: every call `key()` returns another one, and every test the same ones in every run."""
    seeds = itertools.count()
    return lambda: jax.random.key(next(seeds))


def pytest_runtest_setup() -> None:
    """Go on keeping what is compiled: a command line that ran in the test before has turned it off."""
    jax.config.update("jax_enable_compilation_cache", True)


def pytest_unconfigure() -> None:
    """Remove what was compiled."""
    COMPILED.cleanup()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer what adds tests: `--data DIR`, `--keras` and other packages, and `--thorough` for their time."""
    parser.addoption("--data", metavar="DIR", type=Path, help="also run tests/**/real on mnist/, ... in this folder")
    parser.addoption("--keras", action="store_true", help="also run tests/**/with_keras, which need the extra keras")
    parser.addoption("--thorough", action="store_true", help="also run tests/**/thorough, of what seldom changes")
    parser.addoption("--asdex", action="store_true", help="also run tests/**/with_asdex, which need the extra sparse")
    parser.addoption("--torch", action="store_true", help="also run tests/**/with_torch, which need PyTorch")
    parser.addoption("--equinox", action="store_true", help="also run tests/**/with_equinox, which need that extra")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out `real` without `--data`, `with_keras` without `--keras`, ...: not part of the suite, nor skipped."""
    asked = {"real": config.getoption("--data") is not None, "thorough": config.getoption("--thorough")}
    asked |= {f"with_{package}": config.getoption(f"--{package}") for package in ("keras", "asdex", "equinox", "torch")}
    return None if asked.get(collection_path.name, True) else True
