"""What README.md quotes of benchmarks and labs stands in the committed results.

A row of the tables says which words are quoted, of which file, and how they are made from it. What is quoted from runs
without committed results is not among them.
"""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks import _quoted_checkers, _quoted_labs, _quoted_measured

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
RESULTS = ROOT / "benchmarks" / "results"
QUOTED = [*_quoted_measured.QUOTED, *_quoted_checkers.QUOTED, *_quoted_labs.QUOTED]


def read(name):
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def wrong(readme, results):
    """Return the quoted words that the README lacks or that the results do not give."""
    return [text for text, file, told in QUOTED if text not in readme or told(results[file]) != text]


def damaged(saved):
    """Return the results with every number, verdict and count changed."""
    if isinstance(saved, dict):
        kept = list(saved.items())[1:] if all(key.isdecimal() for key in saved) else saved.items()
        return {key: damaged(value) for key, value in kept}
    if isinstance(saved, list):
        return [damaged(value) for value in (saved[1:] if len(saved) > 2 else saved)]
    if isinstance(saved, int | float) and not isinstance(saved, bool):
        return type(saved)(3 * saved + 1)
    return {"accepted": "rejected", "rejected": "accepted"}.get(saved, saved) if isinstance(saved, str) else saved


@pytest.fixture(scope="module")
def results():
    return {file: read(file) for file in {file for _, file, _ in QUOTED}}


def test_what_is_quoted_stands_in_the_results(results):
    assert wrong(README, results) == []


@pytest.mark.parametrize("text", [text for text, _, _ in QUOTED])
def test_a_quoted_figure_changed_in_the_readme_is_noticed(text):
    changed = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), text)
    changed = changed if changed != text else f"not {text[1:]}"
    assert text not in README.replace(text, changed)


def test_every_quoted_figure_changes_with_the_results(results):
    assert set(wrong(README, {name: damaged(saved) for name, saved in results.items()})) == {t for t, _, _ in QUOTED}
