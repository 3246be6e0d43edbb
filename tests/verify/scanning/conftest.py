"""`_examiners` is imported by its name, here as in the processes that the tests start."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def examiner() -> str:
    """The import path of an examiner that needs no JAX."""
    return "_examiners:examine"
