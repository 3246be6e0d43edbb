"""What is right at an item: difference quotients in float64 say, and mpmath where there is a formula and doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from verify.richardson import step_scale
from verify.scanning import exact as exactly
from verify.scanning.lattice import Item
from verify.scanning.programs import Programs

_NEIGHBOURS = 32  # a median of five tied values stays with one of them: all neighbours must agree
_DISTANCE = 2.0**-20  # relative: beyond kinks' own width, and smooth functions move by 1e-6

BY_NUMBERS = "difference quotients in float64"


class Truth(NamedTuple):
    """A derivative as it should be: `value` up to `error`; `kind` is "smooth", "kink", "boundary" or "unknown".

    `spread` is what the value moves by when the inputs move by one part: |x dE/dx|. At a kink the one-sided slopes are
    `low` and `high`. `reason` says why nothing is known.
    """

    kind: str
    value: float
    error: float
    spread: float
    low: float
    high: float
    how: str
    reason: str = ""


class Oracle:
    """Truths of one call, item by item; the numbers of all items at once and at their first need."""

    def __init__(self, programs: Programs, items: Sequence[Item]) -> None:
        """Nothing is computed before the first question."""
        self._programs, self._items = programs, items
        self.judge = exactly.Judge(programs.call)
        self._numbers: dict[int, list[Truth]] = {}

    @property
    def unit(self) -> float:
        """The roundoff that the function computes with in float64."""
        return self._programs.unit

    def exact(self, i: int, order: int) -> Truth | None:
        """The derivative of item `i` by mpmath; None where it has no formula, no answer, or both sides differ."""
        found = self.judge.derivative(self._items[i], order) if self.judge.known else None
        if found is None or not found.smooth:
            return None
        return Truth("smooth", found.value, 0.0, found.moved, found.value, found.value, exactly.HOW)

    def value(self, i: int) -> exactly.Exact | None:
        """The exact value of the function, None where there is no formula or it has no answer."""
        return self.judge.value(self._items[i]) if self.judge.known else None

    def by_numbers(self, i: int, order: int) -> Truth:
        """The derivative of item `i` by difference quotients."""
        if order not in self._numbers:
            self._numbers[order] = self._settled(self._items, order)
        return self._numbers[order][i]

    def differentiable(self, i: int, order: int, got: float, rng: np.random.Generator) -> bool:
        """Whether the derivative goes on beside item `i` as it is there, for several entries may tie and hide a kink.

        At ordinary points everything is differentiable, and one scalar's difference quotients see all there is.
        """
        item, here = self._items[i], self.by_numbers(i, order)
        if item.label == "ordinary" or sum(x.size for x in item.arrays if x.dtype.kind == "f") == 1:
            return True
        beside = [item._replace(arrays=_moved(item, rng)) for _ in range(_NEIGHBOURS)]
        found = self._programs.answers(order, "float64", beside).derivatives.values()
        known = [mode[np.isfinite(mode)] for mode in found]

        def goes_on(beside: np.ndarray, value: float) -> bool:
            return bool(np.all(np.abs(beside - value) <= 1e-3 * (np.abs(value) + here.spread) + 1e-6))

        # a mode that is nowhere finite around has no say; one that goes on with what it says at the item has no kink
        heard = [g for g in known if len(g)]
        return not heard or any(goes_on(g, here.value) or goes_on(g, got) for g in heard)

    def _settled(self, items: Sequence[Item], order: int) -> list[Truth]:
        mode = None if order == 1 else self._steady()
        if order == 2 and mode is None:
            return [_unknown("neither mode gives a first derivative to difference")] * len(items)
        estimates = self._programs.quotients(items, order, mode)
        out = []
        for found in estimates:
            kind = "smooth" if found.kind == "smooth" else "kink" if found.kind == "kink" else "unknown"
            if found.kind == "unsettled" and "one side" in found.reason:
                kind = "boundary"
            spread = abs(found.value) if np.isfinite(found.value) else 0.0
            how = BY_NUMBERS if order == 1 else f"{BY_NUMBERS} of the first derivative"
            out.append(Truth(kind, found.value, found.error, spread, found.low, found.high, how, found.reason))
        return out

    def _steady(self) -> str | None:
        """The first-order mode that second derivatives are differenced from: forward where there is one."""
        offered = self._programs.offered(1)
        return "forward" if "forward" in offered else offered[0] if offered else None


def _moved(item: Item, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """The arrays of an item, every floating entry moved by a little of its own."""
    return tuple(
        x + _DISTANCE * step_scale(x) * rng.choice((-1, 1), x.shape) * rng.uniform(0.5, 1, x.shape)
        if x.dtype.kind == "f"
        else x
        for x in item.arrays
    )


def _unknown(reason: str) -> Truth:
    return Truth("unknown", np.nan, np.inf, 0.0, np.nan, np.nan, BY_NUMBERS, reason)
