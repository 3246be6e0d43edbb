"""The items of a call: a point, the entry that is differentiated, and the entry that is differentiated once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from verify.scanning import values
from verify.scanning.kinds import Kind
from verify.scanning.signatures import Call

Arrays = tuple[np.ndarray, ...]

_ORDINARY = 4  # points that show nothing special: what fails there fails everywhere
_ENTRIES = 3  # of each array at each point


class Entry(NamedTuple):
    """One entry of one argument: `position` among all arguments, `at` which index of the array."""

    position: int
    at: tuple[int, ...]


class Item(NamedTuple):
    """A point in float32 numbers, and the entries along which it is differentiated first and second."""

    label: str
    arrays: Arrays
    first: Entry
    second: Entry


def items(call: Call, thresholds: Sequence[float], rng: np.random.Generator) -> list[Item]:
    """The items of a call; scalars are differentiated along every argument, arrays along a few entries of each."""
    points = list(_scalar_points(call, thresholds, rng) if call.scalar else _array_points(call, thresholds, rng))
    out: list[Item] = []
    for label, arrays in points:
        entries = list(_entries(call, arrays, rng))
        for n, entry in enumerate(entries):
            # every third item crosses two entries: a mixed derivative has faults of its own
            other = entries[(n + 1) % len(entries)] if (len(out) % 3 == 2) else entry
            out.append(Item(label, arrays, entry, other))
    return out


def _scalar_points(call: Call, thresholds: Sequence[float], rng: np.random.Generator) -> Iterator[tuple[str, Arrays]]:
    moving = [i for i, kind in enumerate(call.kinds) if kind.floating]
    ordinary = [call.draw(rng) for _ in range(_ORDINARY)]
    rows = [np.asarray([row[i] for i in moving], np.float32) for row in ordinary]
    admitted = [_admitted(call.kinds[i], thresholds) for i in moving]
    for n, point in enumerate(values.scalars(admitted, rows)):
        arrays = list(ordinary[n % _ORDINARY])
        for i, value in zip(moving, point, strict=True):
            arrays[i] = np.asarray(value, np.float32)
        yield "ordinary" if n < _ORDINARY else "special", tuple(arrays)


def _admitted(kind: Kind, thresholds: Sequence[float]) -> tuple[float, ...]:
    if kind.whole:
        return ()
    marks = (*kind.marks, *(float(np.float32(t)) for t in thresholds if abs(t) < 1e6))
    return tuple(dict.fromkeys(m for m in marks if kind.low <= m <= kind.high))


def _array_points(call: Call, thresholds: Sequence[float], rng: np.random.Generator) -> Iterator[tuple[str, Arrays]]:
    for _ in range(_ORDINARY):
        yield "ordinary", call.draw(rng)
    marks = np.asarray([0.0, 1.0, -1.0, 0.5, *(t for t in thresholds if abs(t) < 1e6)], np.float32)

    for label in ("all zero", "all one", "ties", "thresholds", "one entry zero", "two entries equal", "large"):
        yield label, _special(call, label, marks, rng)
    for label in ("saturated", "small", "tiny", "arguments equal"):
        yield label, _special(call, label, marks, rng)


def _special(call: Call, label: str, marks: np.ndarray, rng: np.random.Generator) -> Arrays:
    """A point where the kinds that can be put together entry by entry are special, and the others ordinary."""
    arrays: list[np.ndarray] = []
    leaders: dict[tuple[int, ...], np.ndarray] = {}
    for kind, drawn in zip(call.kinds, call.draw(rng), strict=True):
        array = drawn if kind.whole or not kind.floating else _made(label, drawn, marks, rng)
        if kind.floating and not kind.whole:
            array = np.clip(array, kind.low, kind.high).astype(np.float32)
        if label == "arguments equal" and kind.floating:
            array = leaders.setdefault(array.shape, array)
        arrays.append(array)
    return tuple(arrays)


def _made(label: str, x: np.ndarray, marks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if label == "one entry zero" and x.size:
        out = x.copy()
        out.flat[0] = 0.0
        return out
    if label == "two entries equal":
        out = x.copy()
        out.flat[: min(2, x.size)] = out.flat[0]
        return out
    made = {
        "all zero": np.zeros_like(x),
        "all one": np.ones_like(x),
        "ties": rng.integers(-1, 3, x.shape),
        "thresholds": rng.choice(marks, x.shape),
        "large": 8 * x,
        "saturated": rng.choice([-40.0, -20.0, 20.0, 40.0], x.shape),
        "small": 2.0**-10 * x,
        "tiny": 2.0**-20 * x,
    }
    return np.asarray(made.get(label, x), np.float32)


def _entries(call: Call, arrays: Arrays, rng: np.random.Generator) -> Iterator[Entry]:
    for position, (kind, array) in enumerate(zip(call.kinds, arrays, strict=True)):
        if not kind.floating:
            continue
        count = min(array.size, _ENTRIES)
        # the first entry is the one that the special points touch
        chosen = [0, *(1 + rng.permutation(array.size - 1)[: count - 1])] if array.size else []
        for flat in chosen:
            yield Entry(position, tuple(int(n) for n in np.unravel_index(int(flat), array.shape)))
