"""What is the matter with one band of a matrix: missing, moved, another tap's, or none of the function's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from verify.linear.bands import Offset
from verify.linear.compared import Compared
from verify.report import Diagnosis


class Difference(NamedTuple):
    """An entry (row, column) at which the matrix is wrong, and what is the matter there."""

    entry: tuple[int, int]
    diagnosis: Diagnosis | None


def band_fault(compared: Compared, offset: Offset, wrong: Sequence[Offset]) -> Difference:
    """Describe the band at `offset`; `wrong` are all bands that differ."""
    assert compared.bands is not None
    rows, places = compared.block(offset)
    bad = compared.wrong[rows, places].any(axis=(1, 2))
    found = compared.found[rows[bad], places[bad]]
    name = compared.bands.name(offset)
    where = "" if bad.all() else f" at {int(bad.sum())} of {len(bad)} positions{_edge(compared, rows[:, 0, 0], bad)}"
    code, told = _told(compared, offset, found, wrong)
    entry = compared.worst(rows[bad], places[bad])
    return Difference(entry, Diagnosis(code, f"{name[0].upper()}{name[1:]} {told[0]}{where}{told[1]}."))


def _told(
    compared: Compared, offset: Offset, found: np.ndarray, wrong: Sequence[Offset]
) -> tuple[str, tuple[str, str]]:
    """A code, and what is said of the band before and after the words for where that is."""
    assert compared.bands is not None
    held = [tap for tap, values in compared.kernel.items() if tap != offset and compared.equal(found, values)]
    named = [compared.bands.name(tap) for tap in held]
    if offset not in compared.kernel:
        return "band-extra", ("has entries and the function none", f"; they are those of {named[0]}" if held else "")
    right = compared.kernel[offset]
    if not found.any():
        moved = [other for other in wrong if other != offset and _went_to(compared, offset, other)]
        return "band-missing", ("is missing", f"; it lies at {compared.bands.name(moved[0])}" if moved else "")
    if held:
        return "band-of-another-tap", (f"holds the values of {named[0]}", "")
    if found.shape[1] == found.shape[2] and compared.equal(found, right.T):
        return "band-channels-exchanged", ("has input and output channels exchanged", "")
    factor = compared.factor(found, np.broadcast_to(right, found.shape))
    if factor is not None:
        return "band-factor", (f"is the right one times {factor:g}", "")
    return "band-wrong", ("is wrong", "")


def _went_to(compared: Compared, offset: Offset, other: Offset) -> bool:
    """Whether the values of one band are found, alone or added, at another."""
    rows, places = compared.block(other)
    found, values = compared.found[rows, places], compared.kernel[offset]
    there = compared.kernel.get(other)
    return len(found) > 0 and (
        compared.equal(found, values) or (there is not None and compared.equal(found, values + there))
    )


def _edge(compared: Compared, rows: np.ndarray, bad: np.ndarray) -> str:
    """Words for the outputs at which a band is wrong, if they are all those at one place along an axis."""
    assert compared.bands is not None
    indices = np.unravel_index(rows, compared.bands.out_shape)
    for axis in compared.bands.axes:
        along = indices[axis.axis]
        if len(set(along[bad])) == 1 and bad[along == along[bad][0]].all():
            return f", those of outputs with index {along[bad][0]} along axis {axis.axis}"
    return ""
