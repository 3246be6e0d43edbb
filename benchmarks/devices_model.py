"""What an update would cost on n devices that are machines or chips of their own: a formula, not a measurement.

    t(n) = w ceil(B / n) + u + 2 (n - 1) (a + 4 P / (n b))

    B  examples of a batch                     P  parameters, 4 bytes each
    w  seconds of one example on one device    u  seconds of an update whatever B: the optimiser, the loop
    a  seconds until a message arrives         b  bytes a second between two neighbours

The last term is a ring: in 2 (n - 1) turns each device sends P / n numbers to the next one. A library that reduces
along a tree waits 2 log2(n) a instead of 2 (n - 1) a, which is less where n is large. What is left out: that machines
are not equally fast, and that sending may begin before the last gradient is there.

w and u are those of a batch of 1 and of one of 64, so that t(1) is what was measured, and so is the work of 64 devices
that have one example each.

Two ways to divide: strong, the batch stays; weak, each device gets B examples, which is another run, of larger batches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.record import Row

COUNTS, BATCH = (1, 8, 64, 1000), 64


@dataclass(frozen=True)
class Costs:
    """Of one example, of an update besides, in seconds; and how many parameters there are."""

    each: float
    once: float
    parameters: int

    @classmethod
    def of(cls, single: float, batch: float, parameters: int) -> Costs:
        """By the seconds of an update of one example, and of one of `BATCH`."""
        each = (batch - single) / (BATCH - 1)
        return cls(each, single - each, parameters)


@dataclass(frozen=True)
class Link:
    """Between two devices: seconds until a message arrives, and bytes a second."""

    name: str
    latency: float
    bandwidth: float


# Assumed, in round numbers; put in your own.
LINKS = (Link("25 Gbit/s Ethernet", 30e-6, 3e9), Link("NVLink or InfiniBand", 3e-6, 1e11))


def update(costs: Costs, link: Link, devices: int, batch: int) -> float:
    """Seconds of an update of `batch` examples."""
    work = costs.each * math.ceil(batch / devices) + costs.once
    return work + 2 * (devices - 1) * (link.latency + 4 * costs.parameters / (devices * link.bandwidth))


def rows(network: str, costs: Costs) -> list[Row]:
    """A row for each number of devices: the batch divided, and one batch for each."""
    found = []
    for link in LINKS:
        for devices in COUNTS:
            strong, weak = (update(costs, link, devices, batch) for batch in (BATCH, BATCH * devices))
            more = {"strong, ms": 1000 * strong, "weak, ms": 1000 * weak, "weak, examples/s": BATCH * devices / weak}
            section = f"{network}, computed for {link.name}"
            found.append(Row(section, f"{devices} devices", 1000 * strong, "ms", more=more))
    return found
