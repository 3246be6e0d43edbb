"""Rows that say how a piece of work compares with a floor or a peer, and their table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from benchmarks.interleaved import Timing, ratio, table
from benchmarks.record import Row

HEADS = ("what", "median", "smallest to largest", "n", "beside", "times as good", "claimed", "holds", "note")


def timed(section: str, what: str, timing: Timing, **more: object) -> Row:
    """The row of one piece of work alone."""
    seconds = timing.seconds
    return Row(section, what, timing.median, "s", min(seconds), max(seconds), len(seconds), **more)  # type: ignore[arg-type]


def against(
    section: str, found: Mapping[str, Timing], ours: str, beside: str, least: float | None = None, floor: bool = False
) -> Row:
    """The row of `ours`, with how many times as fast it was as `beside` in the same rounds, and what is claimed."""
    fast = ratio(found[beside], found[ours])
    return timed(section, ours, found[ours], beside=beside, ratio=fast, least=least, floor=floor)


def small(row: Row) -> Row:
    """The row as a smoke run may tell it: without ratio and claim, unless these are about no time and no size."""
    return row if row.always else dataclasses.replace(row, ratio=None, least=None)


def verdict(row: Row) -> str:
    """Whether what is claimed was found, "" where nothing is claimed."""
    return "" if row.least is None else "yes" if row.holds else "NO"


def text(rows: Sequence[Row]) -> str:
    """One aligned table for each section; where a peer is faster, the ratio says so."""
    return "\n\n".join(
        f"{section}\n{table([HEADS, *(cells(row) for row in rows if row.section == section)])}"
        for section in dict.fromkeys(row.section for row in rows)
    )


def cells(row: Row) -> tuple[str, ...]:
    """What the table shows of a row."""
    value = "-" if row.value is None else f"{number(row.value)} {row.unit}"
    spread = "" if row.low is None or row.high is None else f"{number(row.low)} to {number(row.high)}"
    least = "" if row.least is None else f"{row.least:.3g}"
    return (row.what, value, spread, str(row.n), beside(row), told_ratio(row), least, verdict(row), row.note)


def beside(row: Row) -> str:
    """What the row is compared with, and whether that is a floor."""
    return f"{row.beside} (floor)" if row.floor else row.beside


def told_ratio(row: Row) -> str:
    """How many times as good as what stands beside it, and whether that is slower."""
    return "" if row.ratio is None else f"{row.ratio:.3g}{' SLOWER' if row.slower else ''}"


def number(value: float) -> str:
    """Four digits, and whole numbers whole."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"
