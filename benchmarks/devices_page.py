"""The tables of docs/scaling.md: what was measured of a divided batch, and what the formula makes of more devices.

    python -m benchmarks.devices_page

prints them from the committed results.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks import devices_model
from benchmarks.judged import number
from benchmarks.page_tables import markdown, read
from benchmarks.record import Row


def measured(rows: Sequence[Row]) -> str:
    """Milliseconds of an update: a row for each number of devices, a column for a network in one process or in two."""
    own = [row for row in rows if "processes" in row.more]
    found = {(row.section.split(",")[0], row.more["processes"], row.more["devices"]): row for row in own}
    columns = list(dict.fromkeys((network, processes) for network, processes, _ in found))
    heads = [f"{network}, {'one process' if processes == 1 else 'two'}" for network, processes in columns]
    counts = dict.fromkeys(int(devices) for *_, devices in found)
    cells = [(str(n), *(_cell(found.get((*column, n))) for column in columns)) for n in counts]
    return markdown(("devices", *heads), cells)


def computed(rows: Sequence[Row], network: str) -> str:
    """Milliseconds of an update by the formula: a row for each number of devices."""
    links = [link.name for link in devices_model.LINKS]
    by_link = {name: [row for row in rows if row.section == f"{network}, computed for {name}"] for name in links}
    heads = [f"{name}, {what}" for name in links for what in ("one batch divided", "a batch each")]
    cells = []
    for place, row in enumerate(by_link[links[0]]):
        own = [by_link[name][place].more for name in links]
        times = [number(more[f"{way}, ms"]) for more in own for way in ("strong", "weak")]
        cells.append((row.what.split()[0], *times))
    return markdown(("devices", *heads), cells)


def _cell(row: Row | None) -> str:
    return "" if row is None or row.value is None else f"{number(row.value)} ({number(row.low)} to {number(row.high)})"


def main() -> int:
    rows = [Row(**row) for row in read("devices.json")["rows"]]
    print(measured(rows))
    for network in dict.fromkeys(row.section.split(",")[0] for row in rows):
        print(f"\n{network}\n\n{computed(rows, network)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
