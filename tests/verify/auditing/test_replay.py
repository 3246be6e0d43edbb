"""The lines that run a rule of a program again."""

from pathlib import Path

import pytest

from verify import Finding
from verify.auditing import replay


@pytest.mark.parametrize(
    ("finding", "end"),
    [
        (Finding("agreement", "args[0]", (4, 2)), "  # look at args[0][4, 2] of the rule"),
        (Finding("declared clipped", "args[0]"), "  # look at args[0] of the rule"),
        (Finding("structure", None), ""),
    ],
)
def test_they_end_in_the_entry_to_look_at_where_there_is_one(finding, end):
    last = replay.lines(["from mylib import fun, args"], "3", finding, Path("kept.npz"))[-1]
    assert last == f"print(by_rule, without_rule){end}"
