"""One axis of a convolution or pooling: options that are values, sequences or strategies; sizes that fit together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

LEFT_OUT = object()


def choice(name: str, given: Any, default: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A strategy for one option; of `LEFT_OUT` where the caller passed None.

    Raises:
        ValueError: an empty sequence.
    """
    if given is None:
        return st.just(LEFT_OUT)
    if isinstance(given, Default):
        return default
    if isinstance(given, st.SearchStrategy):
        return given
    if isinstance(given, Sequence) and not isinstance(given, str):
        if not given:
            raise ValueError(f"`{name}` must offer at least one value; got {given!r}.")
        return st.sampled_from(list(given))
    return st.just(given)


class Default:
    """Stands for the default of an option, since None leaves the option out."""

    def __repr__(self) -> str:
        return "default"


def pair(name: str, value: Any) -> tuple[int, int]:
    """An integer, or one per axis, as two; 1 where the option is left out.

    Raises:
        ValueError: not one or two positive integers.
    """
    if value is LEFT_OUT:
        return 1, 1
    both = (value, value) if isinstance(value, int) else tuple(value)
    if len(both) != 2 or not all(isinstance(n, int) and n > 0 for n in both):
        raise ValueError(f"`{name}` must be a positive integer or two of them; got {value!r}.")
    return both


def amounts(value: Any) -> list[tuple[int, int]] | None:
    """Explicit padding per axis, None for SAME; VALID where the option is left out.

    Raises:
        ValueError: neither "SAME", "VALID", nor a pair of amounts per axis.
    """
    if value is LEFT_OUT or value == "VALID":
        return [(0, 0), (0, 0)]
    if value == "SAME":
        return None
    rows = [] if isinstance(value, str | int) else [tuple(row) for row in value]
    if len(rows) != 2 or any(len(row) != 2 for row in rows):
        raise ValueError(f"`padding` must be 'SAME', 'VALID' or ((top, bottom), (left, right)); got {value!r}.")
    return rows


def smallest(extent: int, padding: tuple[int, int] | None) -> int:
    """The smallest axis into which one window of `extent` fits with this padding; cropping must leave an entry."""
    if padding is None:
        return 1
    cropped = -sum(min(0, n) for n in padding)
    return max(1 + cropped, extent - sum(padding))
