"""The committed page of benchmarks is what its command makes of the committed results."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import page, page_measured, page_tables
from benchmarks.record import Row


def row(what, value):
    return {"section": "training", "what": what, "value": value, "low": value, "high": value, "n": 7}


def test_the_committed_page_is_what_the_command_writes():
    assert page.PAGE.read_text("utf-8") == page.text(), "run: python -m benchmarks.page"


def test_every_committed_result_has_its_place_on_the_page():
    found = {str(file.relative_to(page_tables.RESULTS)) for file in page_tables.RESULTS.rglob("*.json")}
    named = {*page.GPU_RUNS, "power.json", "mutation.json", *page.SCANS}
    later = {"power-gradcheck.json"} | {f"{part.name}.json" for part in page_measured.SECTIONS}
    assert found - later == named | {f"labs/{lab}.json" for lab in page.page_labs.ACCURACY}


def test_what_is_not_measured_yet_says_so():
    text = page.text()
    for part in page_measured.SECTIONS:
        assert (f"no results of `python -m benchmarks.{part.name}` are committed" in text) != part.measured


def test_every_figure_that_the_page_shows_is_there():
    shown = re.findall(r"!\[.*?\]\((.*?)\)", page.text())
    assert [name for name in shown if not (page.PAGE.parent / name).is_file()] == []
    assert bool(shown) == (page_tables.RESULTS / "scaling.json").is_file()


def test_where_we_are_slower_is_bold_and_the_newest_run_counts():
    old = {"rows": [row("a: jaxcnn", 1.0), row("a: torch", 2.0), row("b: jaxcnn", 3.0), row("b: torch", 2.0)]}
    new = {"rows": [row("a: jaxcnn", 5.0), row("a: torch", 10.0), row("a: autodiff", 4.0), row("a: torch, bf16", 99.0)]}
    table = page_tables.throughput([old, new])
    assert "| **a: jaxcnn** | 5 | 5 to 5 | 7 | **0.50 (torch)** | 2 |" in table
    assert "| b: jaxcnn | 3 | 3 to 3 | 7 | 1.50 (torch) | 1 |" in table
    assert page_tables.gains([old, new]) == {"a": 0.5, "b": 1.5}


def test_a_measured_row_is_bold_where_a_peer_is_faster_and_never_beside_a_floor():
    slow = Row("net", "ours", 2.0, "s", 1.0, 3.0, 7, beside="theirs", ratio=0.5)
    near = Row("net", "matrix", 2.0, "s", 1.0, 3.0, 7, beside="fill", ratio=0.9, least=0.8, floor=True)
    table = page_measured.judged_rows([slow, near])
    assert "| net | **ours** | **2 s** | **1 to 3** | **7** | **theirs** | **0.5** |" in table
    assert "| net | matrix | 2 s | 1 to 3 | 7 | fill (floor) | 0.9 | 0.8 | yes |" in table


def test_training_has_a_line_for_each_network_with_every_contender_and_what_is_missing():
    more = {"of GEMM peak": 0.4, "first call, s": 2.5, "in all, samples/s": 1.0}
    rows = [
        Row("net, batch 8", "jaxcnn", 500.0, "samples/s", 400.0, 600.0, 7, beside="torch", ratio=0.5, more=more),
        Row("net, batch 8", "torch", 1000.0, "samples/s", 900.0, 1100.0, 7, more=more),
        Row("net, batch 8", "keras", note="not asked for"),
        Row("net: claims", "jaxcnn beside the best PyTorch", 500.0, "samples/s", beside="torch", ratio=0.5, least=1.2),
    ]
    text = page_measured.trained(rows)
    assert "| **net, batch 8** | **500** | **400 to 600** | **7** | **0.50 (torch)** | 40 % | 2.5 | 1,000 |" in text
    assert "| of GEMM peak | first call, s | torch |\n" in text
    assert "| 1.2 | NO |" in text
    assert "- keras: not asked for" in text
