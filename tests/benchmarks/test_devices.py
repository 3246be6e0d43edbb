"""What more devices would cost follows from what was measured, and docs/scaling.md tells both as they are recorded."""

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import devices_model, devices_page
from benchmarks.devices import NETWORKS
from benchmarks.devices_model import BATCH, Costs, Link, update
from benchmarks.page_tables import read
from benchmarks.record import Row

ROOT = Path(__file__).resolve().parents[2]

FREE, SLOW = Link("free", 0.0, math.inf), Link("slow", 0.5, 16.0)


@pytest.mark.parametrize(("single", "batch"), [(0.002, 0.05), (0.004, 0.004), (0.003, 0.002)])
def test_one_device_takes_what_was_measured_and_so_does_the_work_of_as_many_as_examples(single, batch):
    costs = Costs.of(single, batch, 100)
    assert update(costs, FREE, 1, BATCH) == pytest.approx(batch, rel=1e-12)
    assert update(costs, SLOW, 1, BATCH) == pytest.approx(batch, rel=1e-12)
    assert update(costs, FREE, BATCH, BATCH) == pytest.approx(single, rel=1e-12)


def test_a_share_is_rounded_up_and_a_ring_of_messages_is_added():
    costs = Costs(each=2.0, once=1.0, parameters=12)
    assert update(costs, FREE, 3, 64) == 2 * 22 + 1
    assert update(costs, SLOW, 3, 64) == 45 + 4 * (0.5 + 48 / (3 * 16))


def test_the_page_of_scaling_has_the_tables_of_the_committed_results():
    told = (ROOT / "docs" / "scaling.md").read_text("utf-8")
    rows = [Row(**row) for row in read("devices.json")["rows"]]
    for table in (devices_page.measured(rows), *(devices_page.computed(rows, name) for name in NETWORKS)):
        assert table.count("\n") == 5  # a row for each number of devices, below the heads
        assert table in told, "run: python -m benchmarks.devices_page"


ROWS = [
    Row("net, an update", "1 device in 1 process", 5.0, "ms", 4.0, 6.0, more={"devices": 1, "processes": 1}),
    Row("net, an update", "2 devices in 1 process", 3.25, "ms", 3.0, 3.5, more={"devices": 2, "processes": 1}),
    Row("net, an update", "2 devices in 2 processes", 4.5, "ms", 4.0, 5.0, more={"devices": 2, "processes": 2}),
    Row("net, an update", "1 device, a batch of 1", 0.5, "ms", 0.5, 0.5),
]


def test_the_tables_have_what_was_measured_in_its_place():
    assert devices_page.measured(ROWS).splitlines()[2:] == [
        "| 1 | 5 (4 to 6) |  |",
        "| 2 | 3.25 (3 to 3.5) | 4.5 (4 to 5) |",
    ]
    table = devices_page.computed(devices_model.rows("net", Costs.of(0.0005, 0.005, 0)), "net").splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == ["| 1", "| 8", "| 64", "| 1000"]
    assert table[2].split(" | ")[1:] == ["5", "5", "5", "5 |"]
