"""Growth as a power: y = c * n ** p fitted on log axes, in the whole and at the large end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.record import Row


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of log(value) against log(size), by least squares.

    Raises:
        ValueError: fewer than two sizes, or numbers that have no logarithm.
    """
    if len(set(sizes)) < 2 or min([*sizes, *values]) <= 0:
        raise ValueError(f"a fit needs two different sizes and positive numbers; got {list(sizes)}, {list(values)}.")
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def row(section: str, what: str, points: Mapping[float, float]) -> Row:
    """The fitted exponent of values by size; the note tells that of the three largest sizes, where overheads end."""
    sizes = sorted(points)
    values = [points[size] for size in sizes]
    whole, end = exponent(sizes, values), exponent(sizes[-3:], values[-3:])
    note = f"{end:.2f} at the largest {len(sizes[-3:])} sizes"
    return Row(section, f"{what}: exponent", whole, "", n=len(sizes), note=note, more={"at the large end": end})
