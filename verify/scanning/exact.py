"""Exact derivatives: mpmath to 50 digits, for the scalar functions that have a formula in `formulas.toml`.

A formula is Python in the words of mpmath and of the function's own parameters: for `jax.scipy.special.spence(x)` it is
`polylog(2, 1 - x)`. mpmath derives it numerically with as many extra digits as that costs.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from verify.scanning.lattice import Item
from verify.scanning.signatures import Call

DIGITS = 50
HOW = f"mpmath, {DIGITS} digits"
_TABLE = Path(__file__).with_name("formulas.toml")
_MOST = 24  # questions of one call: each may take mpmath a second
_STEP = 1e-9  # relative: a neighbour close enough to tell a kink, far beyond the last of 50 digits


class Exact(NamedTuple):
    """A derivative to 50 digits, rounded to float64, and how far one relative step of `_STEP` in x moves it."""

    value: float
    moved: float  # |x dE/dx| as a difference quotient: what one rounding of the argument costs, in units of roundoff
    smooth: bool  # both sides agree


class Formulas(NamedTuple):
    """Formulas by function, and the names that they share."""

    text: Mapping[str, str]
    code: Mapping[str, CodeType]
    shared: Mapping[str, str]


@functools.cache
def formulas(path: Path = _TABLE) -> Formulas:
    """Read the table of formulas; a formula that is no Python is a SyntaxError at its place."""
    with path.open("rb") as file:
        data = tomllib.load(file)
    text = dict(data["formulas"])
    return Formulas(text, {name: compile(one, name, "eval") for name, one in text.items()}, data["shared"])


class Judge:
    """Derivatives of one call by its formula; None where it has none, or where mpmath has no answer."""

    def __init__(self, call: Call) -> None:
        """Look the formula up.

        Raises:
            ImportError: mpmath is missing; the message names the extra.
        """
        known = formulas()
        self.text = known.text.get(call.name)
        self._call, self._code = call, known.code.get(call.name)
        if self._code is not None and not call.scalar:
            self._code = self.text = None
        self._names = _namespace() if self._code else {}
        self._kept: dict[Any, Any] = {}

    @property
    def known(self) -> bool:
        """Whether there is a formula."""
        return self._code is not None

    def value(self, item: Item) -> Exact | None:
        """The value of the function at an item."""
        return self._derived(item, ())

    def derivative(self, item: Item, order: int) -> Exact | None:
        """The derivative along the item's first entry, and along its second one at order 2."""
        positions = (item.first.position,) if order == 1 else (item.first.position, item.second.position)
        return self._derived(item, positions)

    def _derived(self, item: Item, positions: tuple[int, ...]) -> Exact | None:
        key = (positions, tuple(float(x) for x in item.arrays))
        if key not in self._kept and len(self._kept) == _MOST:
            return None
        if key not in self._kept:
            mpmath = _mpmath()
            with mpmath.workdps(DIGITS):
                try:
                    self._kept[key] = self._at(mpmath, item, positions)
                except (ValueError, ArithmeticError, TypeError, mpmath.mp.NoConvergence, RuntimeError):
                    self._kept[key] = None  # a pole, a branch cut, or no convergence (a RecursionError may say so)
        return self._kept[key]

    def _at(self, mpmath: Any, item: Item, positions: tuple[int, ...]) -> Exact | None:
        fun = self._function(mpmath, item)
        moving = sorted(set(positions)) or [i for i, kind in enumerate(self._call.kinds) if kind.floating][:1]
        orders = tuple(positions.count(i) for i in moving)
        point = [mpmath.mpf(float(item.arrays[i])) for i in moving]

        def at(shift: Any) -> Any:
            there = [x + shift * (abs(x) if x else 1) if i == 0 else x for i, x in enumerate(point)]
            found = self._partial(mpmath, fun, moving, there, orders)
            if mpmath.im(found) != 0 or not mpmath.isfinite(found):
                raise ValueError("not a real number there")
            return mpmath.re(found)

        here, step = at(0), mpmath.mpf(_STEP)
        try:
            ahead, behind, near = at(step), at(-step), at(step / 1024)
        except (ValueError, ArithmeticError, TypeError, mpmath.mp.NoConvergence):
            return Exact(float(here), 0.0, False)
        moved = max(abs(ahead - here), abs(behind - here))
        # at a kink or a pole the move does not shrink with the step
        smooth = abs(near - here) <= moved / 8 + abs(here) * mpmath.mpf(10) ** (-DIGITS // 2)
        return Exact(float(here), float(moved / step), bool(smooth))

    def _partial(self, mpmath: Any, fun: Callable[..., Any], moving: list[int], at: list[Any], orders: Any) -> Any:
        def along(*xs: Any) -> Any:
            return fun(dict(zip(moving, xs, strict=True)))

        if not any(orders):
            return along(*at)
        if len(at) == 1:
            return mpmath.diff(along, at[0], orders[0])
        return mpmath.diff(along, tuple(at), orders)

    def _function(self, mpmath: Any, item: Item) -> Callable[[Mapping[int, Any]], Any]:
        assert self._code is not None
        code = self._code
        fixed = {i: _number(mpmath, array) for i, array in enumerate(item.arrays)}

        def fun(moved: Mapping[int, Any]) -> Any:
            every = fixed | dict(moved)
            bound = self._call.bind(*(every[i] for i in range(len(every))))
            return eval(code, self._names, bound)

        return fun


def _number(mpmath: Any, array: np.ndarray) -> Any:
    return mpmath.mpf(float(array)) if array.dtype.kind == "f" else int(array)


def _mpmath() -> Any:
    try:
        import mpmath
    except ImportError as error:
        raise ImportError(
            "exact derivatives need mpmath: install the extra `scan`, pip install jaxcnn[scan]."
        ) from error
    return mpmath


@functools.cache
def _namespace() -> dict[str, Any]:
    """The words of a formula: mpmath's, and those that formulas share."""
    names = dict(vars(_mpmath()))
    for name, text in formulas().shared.items():
        names[name] = eval(compile(text, name, "eval"), names)
    return names
