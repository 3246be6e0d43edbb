"""What does an update cost on 1, 2, 4 and 8 devices, in one process and in two, and what would it on more?

Measured: seconds of an update of a network on the embedded digits, by virtual devices of this machine's CPU, which
share its cores: beyond as many devices as cores nothing can be gained, and what is seen is what dividing a batch costs.
Computed: `devices_model`, from the work of one example measured here and connections that are named there.

    python -m benchmarks.devices [--smoke] [--json FILE]

Nothing is claimed.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
from collections.abc import Sequence

from benchmarks import devices_model
from benchmarks.command import finish, parser
from benchmarks.record import Row

NETWORKS, COUNTS, BATCHES, EPOCHS = ("mlp", "filters"), (1, 2, 4, 8), (64, 512), 5


def measured(network: str, batch: int, devices: int, processes: int, epochs: int) -> dict[str, list[float]]:
    """Seconds of an update in every epoch, by processes of their own; and of a checkpoint, where there is one."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = [str(word) for word in (network, batch, devices, processes, epochs)]
    command = [sys.executable, "-m", "benchmarks.devices_worker", *settings, f"127.0.0.1:{port}"]
    running = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True) for number in range(processes)
    ]
    told = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError(f"{network} on {devices} devices of {processes} processes failed")
    found: dict[str, list[float]] = json.loads(told[0].splitlines()[-1])
    return found


def rows(network: str, counts: Sequence[int], epochs: int) -> list[Row]:
    """What was measured for one network, and what the model makes of it for more devices."""
    found, section = [], f"{network}, milliseconds of an update of {BATCHES[0]} examples"
    single: dict[int, list[float]] = {}
    for processes in (1, 2):
        for devices in counts:
            if devices < processes:
                continue
            seconds = measured(network, BATCHES[0], devices, processes, epochs)
            took = seconds["update"]
            name = f"{devices} devices in {processes} process{'es' if processes > 1 else ''}"
            found.append(_row(section, name, took, {"devices": devices, "processes": processes}))
            if devices == 1:
                single[BATCHES[0]] = took
                found.append(_row(section, "a checkpoint", seconds["checkpoint"], {"parameters": seconds["size"][0]}))
                size = round(seconds["size"][0])
    single[BATCHES[1]] = measured(network, BATCHES[1], 1, 1, epochs)["update"]
    low, high = (statistics.median(single[batch]) for batch in BATCHES)
    each = (high - low) / (BATCHES[1] - BATCHES[0])
    once = max(0.0, low - BATCHES[0] * each)
    return found + devices_model.rows(network, devices_model.Costs(each, once, size))


def _row(section: str, what: str, seconds: Sequence[float], more: dict[str, float]) -> Row:
    milliseconds = [1000 * one for one in seconds]
    return Row(
        section, what, statistics.median(milliseconds), "ms", min(milliseconds), max(milliseconds), len(milliseconds),
        more=more,
    )  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    made = parser("devices", __doc__, smoke="one network on one and two devices, one epoch")
    options = made.parse_args(arguments)
    networks, counts, epochs = (("mlp",), (1, 2), 1) if options.smoke else (NETWORKS, COUNTS, EPOCHS)
    return finish("devices", [row for name in networks for row in rows(name, counts, epochs)], options)


if __name__ == "__main__":
    sys.exit(main())
