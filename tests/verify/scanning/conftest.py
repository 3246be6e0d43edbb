"""`_examiners` is imported by its name, here as in the processes that the tests start."""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def interruptible():
    """Let SIGINT interrupt: what is started in the background of a shell ignores it, and so do its tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def examiner() -> str:
    """The import path of an examiner that needs no JAX."""
    return "_examiners:examine"
