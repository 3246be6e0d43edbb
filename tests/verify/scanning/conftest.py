"""Where the processes of a scan find these tests' examiners."""

from pathlib import Path

import pytest


@pytest.fixture
def examiner(monkeypatch) -> str:
    """The import path of `_examiners.examine`."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    return "_examiners:examine"
