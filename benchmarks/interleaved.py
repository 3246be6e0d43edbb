"""Several pieces of work timed in turn, round after round, so that what slows the machine down slows all of them."""

from __future__ import annotations

import dataclasses
import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Work = Callable[[], Any]


@dataclasses.dataclass(frozen=True)
class Timing:
    """Seconds of every round of one piece of work."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.4g} s ({min(self.seconds):.4g} to {max(self.seconds):.4g})"


def interleaved(works: Mapping[str, Work], rounds: int, *, warm_up: bool = True) -> dict[str, Timing]:
    """Run every piece once to warm up, then `rounds` times in turn; results are dropped before the next one starts."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for again in range(0 if warm_up else 1, rounds + 1):
        for name, work in works.items():
            gc.collect()
            began = time.perf_counter()
            result = work()
            seconds = time.perf_counter() - began
            del result
            if again:
                found[name].append(seconds)
    return {name: Timing(tuple(seconds)) for name, seconds in found.items()}


def ratio(one: Timing, other: Timing) -> float:
    """Median over the rounds of the time of one over that of the other in the same round."""
    return statistics.median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    )
