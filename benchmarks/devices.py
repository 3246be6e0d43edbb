"""What does an update cost on 1, 2, 4 and 8 devices, in one process and in two, and what would it on more?

Measured: milliseconds of an update of 64 images of 28 x 28, by virtual devices of this machine's CPU, which share its
cores: beyond as many devices as cores nothing can be gained, and what is seen is what dividing a batch costs. Computed:
`devices_model`, from the work of one example measured here and connections that are named there.

    python -m benchmarks.devices [--smoke] [--json FILE]

Nothing is claimed.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks import devices_model
from benchmarks.command import finish, parser
from benchmarks.record import Row

NETWORKS, COUNTS, BATCH = ("mlp", "filters"), (1, 2, 4, 8), devices_model.BATCH
ROUNDS, UPDATES = 9, 16
UNOPTIMISED = "--xla_backend_optimization_level=0"  # compiles in half the time

Case = tuple[int, int]  # examples of a batch, and devices that share it


def measured(
    network: str, cases: Sequence[Case], processes: int, *, smoke: bool
) -> tuple[dict[Case, list[float]], dict[str, Any]]:
    """Seconds of an update in every round of each case, all in the same processes in turn; and what else they tell."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"network": network, "processes": processes, "cases": cases, "checkpoints": processes == 1 and not smoke}
    told |= {"rounds": 1, "updates": 2} if smoke else {"rounds": ROUNDS, "updates": UPDATES}
    command = [sys.executable, "-m", "benchmarks.devices_worker", json.dumps(told), f"127.0.0.1:{port}"]
    environment = os.environ | ({"XLA_FLAGS": UNOPTIMISED} if smoke else {})
    running = [
        subprocess.Popen([*command, str(number)], env=environment, stdout=subprocess.PIPE, text=True)
        for number in range(processes)
    ]
    printed = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError(f"{network} on {cases} in {processes} processes failed")
    found = json.loads(printed[0].splitlines()[-1])
    return dict(zip(cases, found["updates"], strict=True)), found


def rows(network: str, *, smoke: bool) -> list[Row]:
    """What was measured for one network, and what the model makes of it for more devices."""
    section = f"{network}, an update of {BATCH} examples"
    counts, shared = (COUNTS[:1], COUNTS[1:2]) if smoke else (COUNTS, COUNTS[1:])
    alone, found = measured(network, [*((BATCH, n) for n in counts), (1, 1)], 1, smoke=smoke)
    pair, _ = measured(network, [(BATCH, n) for n in shared], 2, smoke=smoke)
    one, table = statistics.median(alone[BATCH, 1]), []
    for processes, cases in ((1, alone), (2, pair)):
        for (batch, devices), seconds in cases.items():
            if batch == BATCH:
                name = f"{devices} devices in {processes} process{'es' if processes > 1 else ''}"
                note = f"{statistics.median(seconds) / one:.2f} times one device"
                name = name.replace("1 devices", "1 device")
                table.append(_row(section, name, seconds, note, devices=devices, processes=processes))
    table.append(_row(section, "1 device, a batch of 1", alone[1, 1]))
    if found["checkpoints"]:
        note = f"{found['parameters']:,} parameters and their moments"
        table.append(_row(section, "a checkpoint", found["checkpoints"], note))
    costs = devices_model.Costs.of(statistics.median(alone[1, 1]), one, found["parameters"])
    return table + devices_model.rows(network, costs)


def _row(section: str, what: str, seconds: Sequence[float], note: str = "", **more: float) -> Row:
    ms = [1000 * one for one in seconds]
    return Row(section, what, statistics.median(ms), "ms", min(ms), max(ms), len(ms), note=note, more=more)


def main(arguments: Sequence[str] | None = None) -> int:
    made = parser("devices", __doc__, smoke="one network on one device, and on two of two processes")
    options = made.parse_args(arguments)
    networks = NETWORKS[:1] if options.smoke else NETWORKS
    return finish("devices", [row for name in networks for row in rows(name, smoke=options.smoke)], options)


if __name__ == "__main__":
    sys.exit(main())
