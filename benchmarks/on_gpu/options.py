"""What the sections of `benchmarks.gpu` are told, and what several of them do."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.record import Row


@dataclasses.dataclass(frozen=True)
class Options:
    """How to measure.

    Attributes:
        smoke: everything as small as it can be.
        data_dir: folders of original data files by name; None for the embedded digits.
        cases: titles of those that are trained for speed, such as "mlp, batch 256"; empty for all.
    """

    smoke: bool = False
    data_dir: str | None = None
    cases: tuple[str, ...] = ()

    @property
    def rounds(self) -> int:
        return 2 if self.smoke else 7


def guarded(section: str, what: str, work: Callable[[], Row | list[Row]]) -> Iterator[Row]:
    """Give what `work` finds; if it fails, a row that says how, so that the rest of the section is still measured."""
    try:
        found = work()
    except Exception as error:  # whatever it is, it stands in the table, and the other rows are not lost
        told = " ".join(str(error).split())
        found = Row(section, what, note=f"{type(error).__name__}: {told[:300]}")
    yield from found if isinstance(found, list) else [found]


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, ...]:
    """Return the seconds of every round; `work` waits for the device."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return tuple(seconds)


def speed(section: str, what: str, amount: float, unit: str, seconds: tuple[float, ...], **more: Any) -> Row:
    """Return the row of a rate: `amount` of the unit's things were done in each round."""
    rates = [amount / one for one in seconds]
    return Row(section, what, statistics.median(rates), unit, min(rates), max(rates), len(rates), **more)
