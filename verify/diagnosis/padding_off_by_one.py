"""Padding off by one: SAME padding with its longer side on the wrong end, or a window that begins one entry aside.

How much padding follows at the end decides the size of the result alone; where it begins decides what meets what.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from verify.diagnosis import edited
from verify.diagnosis.case import Candidate, Case
from verify.diagnosis.edited import Edit, with_params

CODE = "padding-off-by-one"


def candidates(case: Case) -> Iterator[Candidate]:
    """The gradient of the primal with one entry of padding moved from the end to the front, or back.

    Where there is no padding at all this is a shift, and called so.
    """
    return edited.candidates(case, _edits)


def _edits(eqn: Any) -> list[Edit]:
    key = "padding" if edited.is_window(eqn) else "padding_config" if eqn.primitive.name == "pad" else None
    if key is None:
        return []
    padding = tuple(tuple(map(int, entry)) for entry in eqn.params[key])
    padded = [axis for axis, (low, high, *_) in enumerate(padding) if low > 0 or high > 0]
    found = []
    for step in (1, -1):
        for axes in edited.groups([axis for axis in padded if padding[axis][0] + step >= 0]):
            moved = edited.changed(padding, axes, partial(_moved, step))
            told = f"{_fronts(moved, axes)} in front where `{eqn.primitive.name}` has {_fronts(padding, axes)}"
            found.append(with_params(f"for padding of {told}", {key: moved}))
    return found


def _moved(step: int, entry: tuple[int, ...]) -> tuple[int, ...]:
    """One more at the end in any case: what is too much there is cropped."""
    low, high, *interior = entry
    return (low + step, high + 1, *interior)


def _fronts(padding: tuple[tuple[int, ...], ...], axes: tuple[int, ...]) -> str:
    return ", ".join(str(padding[axis][0]) for axis in axes)
