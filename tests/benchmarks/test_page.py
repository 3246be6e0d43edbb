"""The committed page of benchmarks is what its command makes of the committed results."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import page, page_tables


def row(what, value):
    return {"section": "training", "what": what, "value": value, "low": value, "high": value, "n": 7}


def test_the_committed_page_is_what_the_command_writes():
    assert page.PAGE.read_text("utf-8") == page.text(), "run: python -m benchmarks.page"


def test_every_committed_result_has_its_place_on_the_page():
    named = {*page.GPU_RUNS, "power.json", "mutation.json", *page.SCANS} | {
        f"labs/{lab}.json" for lab in page.page_labs.ACCURACY
    }
    assert {str(file.relative_to(page_tables.RESULTS)) for file in page_tables.RESULTS.rglob("*.json")} == named


def test_where_we_are_slower_is_bold_and_the_newest_run_counts():
    old = {"rows": [row("a: jaxcnn", 1.0), row("a: torch", 2.0), row("b: jaxcnn", 3.0), row("b: torch", 2.0)]}
    new = {"rows": [row("a: jaxcnn", 5.0), row("a: torch", 10.0), row("a: autodiff", 4.0), row("a: torch, bf16", 99.0)]}
    table = page_tables.throughput([old, new])
    assert "| **a: jaxcnn** | 5 | 5 to 5 | 7 | **0.50 (torch)** | 2 |" in table
    assert "| b: jaxcnn | 3 | 3 to 3 | 7 | 1.50 (torch) | 1 |" in table
    assert page_tables.gains([old, new]) == {"a": 0.5, "b": 1.5}
