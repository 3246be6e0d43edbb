"""The options of convolutions and poolings in their normal form, or an error that says what is wrong with them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

Shape = tuple[int, ...]

LAST = ("NWC", "NHWC", "NDHWC")
FIRST = ("NCW", "NCHW", "NCDHW")
_NAMES = ("width", "height and width", "depth, height and width")


def padding_amounts(
    padding: Any, lengths: Sequence[int], extents: Sequence[int], strides: Sequence[int]
) -> list[tuple[int, int]]:
    """(lo, hi) per axis; of "SAME" and "CIRCULAR" an odd entry is at the end.

    Raises:
        ValueError: `padding` is none of the names and no pair of whole numbers per axis.
    """
    if isinstance(padding, str) and padding == "VALID":
        return [(0, 0)] * len(lengths)
    if isinstance(padding, str) and padding == "CIRCULAR":  # as in Flax: every window wraps, whatever the stride
        return [((extent - 1) // 2, extent // 2) for extent in extents]
    if isinstance(padding, str) and padding == "SAME":
        rows = [
            max((-(-n // s) - 1) * s + extent - n, 0) for n, extent, s in zip(lengths, extents, strides, strict=True)
        ]
        return [(row // 2, row - row // 2) for row in rows]
    try:
        pairs = [tuple(map(_integer, pair)) for pair in padding] if not isinstance(padding, str) else []
    except TypeError:
        pairs = []
    if len(pairs) != len(lengths) or any(len(pair) != 2 for pair in pairs):
        raise ValueError(
            f"`padding` must be 'SAME', 'VALID', 'CIRCULAR' or a pair (low, high) of whole numbers for each of the "
            f"{len(lengths)} spatial axes; got {padding!r}."
        )
    return [(pair[0], pair[1]) for pair in pairs]


def channels_last(layout: str | None, rank: int) -> bool:
    """Whether a layout such as "NHWC" or "NCHW" has its channels last; None stands for channels last.

    Raises:
        ValueError: it is not a layout of so many spatial axes.
    """
    if layout is not None and layout not in (LAST[rank - 1], FIRST[rank - 1]):
        raise ValueError(
            f"`layout` must be {LAST[rank - 1]!r} or {FIRST[rank - 1]!r} for {rank} spatial axes; got {layout!r}."
        )
    return layout != FIRST[rank - 1]


def split(name: str, shape: Any, rank: int, last: bool) -> tuple[Shape, int]:
    """(spatial sizes, channels) of the shape of one example.

    Raises:
        ValueError: it has another rank, or an empty axis.
    """
    try:
        sizes = tuple(map(_integer, shape))
    except TypeError:
        raise ValueError(f"`{name}` must be a tuple of whole numbers; got {shape!r}.") from None
    if len(sizes) != rank + 1:
        told = f"({_NAMES[rank - 1]}, channels)" if last else f"(channels, {_NAMES[rank - 1]})"
        raise ValueError(f"`{name}` must be that of one example, without the batch: {told}; got {sizes}.")
    if min(sizes) < 1:
        raise ValueError(f"`{name}` must have at least one entry along every axis; got {sizes}.")
    return (sizes[:-1], sizes[-1]) if last else (sizes[1:], sizes[0])


def per_axis(name: str, value: Any, rank: int) -> tuple[int, ...]:
    """A positive integer for every axis, given one for all or one for each.

    Raises:
        ValueError: it is neither.
    """
    try:
        normal = tuple(map(_integer, value if hasattr(value, "__iter__") else (value,) * rank))
    except TypeError:
        normal = ()
    if len(normal) != rank or min(normal, default=0) < 1:
        raise ValueError(f"`{name}` must be a positive whole number, or one for each of {rank} axes; got {value!r}.")
    return normal


def positive(name: str, value: Any) -> int:
    """A positive whole number as it is.

    Raises:
        ValueError: it is anything else.
    """
    try:
        number = _integer(value)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"`{name}` must be a positive whole number; got {value!r}.")
    return number


def _integer(value: Any) -> int:
    if isinstance(value, bool):  # an int to Python, a slip here
        raise TypeError
    return operator.index(value)
