"""Problems for two-dimensional pooling: images NHWC, and windows of which each holds at least one real entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.searching.drawn import Drawn
from verify.strategies import _windows
from verify.strategies.arrays import arrays

_DEFAULT: Any = _windows.Default()


def pool_problems(
    *,
    window: Any = _DEFAULT,
    strides: Any = _DEFAULT,
    padding: Any = _DEFAULT,
    max_batch: int = 2,
    max_size: int = 3,
    max_channels: int = 2,
    dtype: Any = np.float32,
) -> st.SearchStrategy[Drawn]:
    """One argument, images [N, H, W, C], and the options `window`, `strides` and `padding`.

    Options as in `conv_problems`; explicit padding is drawn smaller than the window.

    Args:
        window: an integer or one per axis.
        strides: likewise.
        padding: "SAME", "VALID" or ((top, bottom), (left, right)).
        max_batch: the most images.
        max_size: how many entries an image may be longer than the shortest that fits, in each axis, less one.
        max_channels: the most channels.
        dtype: of the images.

    Raises:
        ValueError: a sequence is empty; when drawing, an option is none of the above.
    """
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    chosen = {
        "window": _windows.choice("window", window, pairs),
        "strides": _windows.choice("strides", strides, pairs),
    }
    by_default = padding is _DEFAULT
    return _problems(chosen, None if by_default else padding, by_default, max_batch, max_size, max_channels, dtype)


@st.composite
def _problems(
    draw: Callable[..., Any],
    chosen: dict[str, Any],
    padding: Any,
    by_default: bool,
    max_batch: int,
    max_size: int,
    max_channels: int,
    dtype: Any,
) -> Drawn:
    options = {name: draw(strategy) for name, strategy in chosen.items()}
    window = _windows.pair("window", options["window"])
    _windows.pair("strides", options["strides"])
    below = [st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)) for n in window]
    usual = st.sampled_from(["VALID", "SAME"]) | st.tuples(*below)
    options["padding"] = draw(usual if by_default else _windows.choice("padding", padding, usual))
    amounts = _windows.amounts(options["padding"])
    size = []
    for axis in range(2):
        least = _windows.smallest(window[axis], None if amounts is None else amounts[axis])
        size.append(least + draw(st.integers(0, max_size - 1)))
    shape = (draw(st.integers(1, max_batch)), *size, draw(st.integers(1, max_channels)))
    known = {name: value for name, value in options.items() if value is not _windows.LEFT_OUT}
    return Drawn((draw(arrays(shape, dtype)),), known, (("batch", "image height", "image width", "channels"),))
