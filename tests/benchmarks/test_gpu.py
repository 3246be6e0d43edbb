"""The table of the benchmark on a GPU: the best peer in the same precision, shares of the peak, bold where slower."""

import pytest

from benchmarks import gpu
from benchmarks.record import Row, record

ROWS = [
    Row("peaks", "product, bf16", 500.0, "TFLOP/s"),
    Row("peaks", "product, float32, default", 100.0, "TFLOP/s"),
    Row("training", "net, batch 8: jaxcnn plain", 50.0, "samples/s", more={"operations": 1e12}),
    Row("training", "net, batch 8: jaxcnn plain, bf16", 200.0, "samples/s", more={"operations": 1e12}),
    Row("training", "net, batch 8: autodiff", 80.0, "samples/s"),
    Row("training", "net, batch 8: torch eager", 100.0, "samples/s"),
    Row("training", "net, batch 8: autodiff, bf16", 100.0, "samples/s"),
    Row("training", "other, batch 8: torch eager", 9000.0, "samples/s"),
]


@pytest.fixture
def found():
    return {row.what: row for row in gpu.with_ratios(ROWS)}


def test_ours_stands_beside_the_best_peer_of_its_case_and_precision(found):
    ours, half = found["net, batch 8: jaxcnn plain"], found["net, batch 8: jaxcnn plain, bf16"]
    assert (ours.beside, ours.ratio) == ("torch eager", 0.5)
    assert (half.beside, half.ratio) == ("autodiff, bf16", 2.0)
    assert found["net, batch 8: autodiff"].ratio is None


def test_the_share_is_of_the_peak_in_the_same_precision(found):
    assert found["net, batch 8: jaxcnn plain"].more["of peak"] == 50 / 100
    assert found["net, batch 8: jaxcnn plain, bf16"].more["of peak"] == 200 / 500


def test_where_we_are_slower_the_line_is_bold_and_what_failed_says_so():
    failed = Row("training", "net, batch 8: torch graph", note="RuntimeError: no memory")
    lines = list(gpu.table({**record("gpu", gpu.with_ratios([*ROWS, failed])), "device": "one"}))
    slower, faster = (line for line in lines if "jaxcnn plain" in line)
    assert "**0.50 (torch eager)**" in slower
    assert "**" not in faster
    assert "| net, batch 8: torch graph | - |" in lines[-1]
    assert "RuntimeError: no memory" in lines[-1]
