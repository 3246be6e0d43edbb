"""Where the windows of a convolution or a pooling lie, in plain integers (a leaf: no arrays here).

Along one axis of n entries, padded by lo and hi, a window of k entries that are d apart covers e = (k - 1) d + 1
positions. Windows start every s positions, so m = (n + lo + hi - e) // s + 1 of them fit, and entry a of window p
is the input entry p s + a d - lo. Everything that convolution and pooling know about geometry is in that sentence.
"""

import operator
from dataclasses import dataclass
from typing import Any

from jaxcnn._types import Padding, Shape

Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """The windows over the two spatial axes (height, width) of one array.

    Attributes:
        sizes: n, the extent of the array, without padding.
        window: k, the number of entries in a window.
        strides: s, the distance between neighbouring windows.
        padding: (lo, hi) per axis; a negative amount removes entries.
        dilation: d, the distance between neighbouring entries of a window.
        outputs: m, the number of windows.
    """

    sizes: Pair
    window: Pair
    strides: Pair
    padding: tuple[Pair, Pair]
    dilation: Pair
    outputs: Pair


def windows(sizes: Pair, window: Any, *, strides: Any = 1, padding: Padding = "VALID", dilation: Any = 1) -> Windows:
    """Return the geometry of all windows: m = (n + lo + hi - (k - 1) d - 1) // s + 1 per axis.

    Raises:
        ValueError: if an option is not a positive integer or pair, the padding is unknown, or no window fits.
    """
    window, strides, dilation = pair("window", window), pair("strides", strides), pair("dilation", dilation)
    extents = tuple((k - 1) * d + 1 for k, d in zip(window, dilation, strict=True))
    amounts = padding_amounts(padding, sizes, extents, strides)
    rooms = tuple(n + lo + hi - e for n, (lo, hi), e in zip(sizes, amounts, extents, strict=True))
    if min(rooms) < 0:
        raise ValueError(
            f"A window must fit into its padded inputs; one that covers {extents} does not fit into {sizes} "
            f"padded by {amounts}: use a smaller window, less dilation or more padding."
        )
    outputs = tuple(room // s + 1 for room, s in zip(rooms, strides, strict=True))
    return Windows(sizes, window, strides, amounts, dilation, outputs)


def padding_amounts(padding: Padding, sizes: Pair, extents: Pair, strides: Pair) -> tuple[Pair, Pair]:
    """Return (lo, hi) per axis; "SAME" gives ceil(n / s) windows and puts an odd entry at the end.

    Raises:
        ValueError: if `padding` is neither "SAME", "VALID" nor a pair of pairs of integers.
    """
    normal = padding_option(padding)
    if not isinstance(normal, str):
        return normal
    if normal == "SAME":
        rows, columns = (max((-(-n // s) - 1) * s + e - n, 0) for n, e, s in zip(sizes, extents, strides, strict=True))
        return ((rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2))
    return ((0, 0), (0, 0))


def padding_option(padding: Any) -> Padding:
    """Return `padding` in its one normal form: "SAME", "VALID" or a tuple of two pairs of integers.

    Raises:
        ValueError: if it is none of these.
    """
    if isinstance(padding, str) and padding in ("SAME", "VALID"):
        return padding
    try:
        if isinstance(padding, str):
            raise TypeError
        (top, bottom), (left, right) = padding
        return ((_integer(top), _integer(bottom)), (_integer(left), _integer(right)))
    except (TypeError, ValueError):
        raise ValueError(
            f"`padding` must be 'SAME', 'VALID' or ((top, bottom), (left, right)) in whole numbers; got {padding!r}."
        ) from None


def pair(name: str, value: Any) -> Pair:
    """Return a positive integer twice, or a pair of positive integers as it is.

    Raises:
        ValueError: if `value` is neither.
    """
    try:
        first, second = value if isinstance(value, tuple | list) else (value, value)
        normal = _integer(first), _integer(second)
    except (TypeError, ValueError):
        normal = (0, 0)
    if min(normal) < 1:
        raise ValueError(f"`{name}` must be a positive whole number or a pair of them; got {value!r}.")
    return normal


def positive(name: str, value: Any) -> int:
    """Return a positive integer as it is.

    Raises:
        ValueError: if `value` is anything else.
    """
    try:
        normal = _integer(value)
    except TypeError:
        normal = 0
    if normal < 1:
        raise ValueError(f"`{name}` must be a positive whole number; got {value!r}.")
    return normal


def spatial(name: str, shape: Shape) -> Pair:
    """Return (height, width) of an NHWC shape.

    Raises:
        ValueError: if the rank is not 4.
    """
    if len(shape) != 4:
        raise ValueError(f"`{name}` must have shape (batch, height, width, channels); got {tuple(shape)}.")
    return shape[1], shape[2]


def _integer(value: Any) -> int:
    # operator.index takes every integer type and no float; a bool is an int to Python, but a slip here.
    if isinstance(value, bool):
        raise TypeError
    return operator.index(value)
