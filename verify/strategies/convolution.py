"""Problems for a two-dimensional convolution: images NHWC, a kernel HWIO, and options that fit them by construction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.searching.drawn import Drawn
from verify.strategies import _windows
from verify.strategies.arrays import arrays

_DEFAULT: Any = _windows.Default()


def conv_problems(
    *,
    strides: Any = _DEFAULT,
    padding: Any = _DEFAULT,
    dilation: Any = _DEFAULT,
    groups: Any = _DEFAULT,
    bias: bool = False,
    max_batch: int = 2,
    max_size: int = 3,
    max_kernel: int = 3,
    max_channels: int = 2,
    dtype: Any = np.float32,
) -> st.SearchStrategy[Drawn]:
    """Arguments (images [N, H, W, C], kernel [h, w, C / groups, O]) and the options of the convolution.

    Every option is a value, a sequence of values or a strategy; None leaves it out (stride, dilation and groups 1,
    padding VALID), for a `make` that does not know it. By default strides and dilation are pairs up to 3 and 2, padding
    is "VALID", "SAME" or pairs up to 2, groups is 1 or 2.

    Args:
        strides: an integer or one per axis.
        padding: "SAME", "VALID" or ((top, bottom), (left, right)); negative amounts crop.
        dilation: of the kernel, an integer or one per axis.
        groups: of the channels.
        bias: whether a bias [O] is the third argument.
        max_batch: the most images.
        max_size: how many entries an image may be longer than the shortest that fits, in each axis, less one.
        max_kernel: the largest kernel.
        max_channels: the most channels of one group, in and out.
        dtype: of all arrays.

    Raises:
        ValueError: a sequence is empty; when drawing, an option is none of the above.
    """
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    amount = st.integers(0, 2)
    explicit = st.tuples(st.tuples(amount, amount), st.tuples(amount, amount))
    chosen = {
        "strides": _windows.choice("strides", strides, pairs),
        "padding": _windows.choice("padding", padding, st.sampled_from(["VALID", "SAME"]) | explicit),
        "dilation": _windows.choice("dilation", dilation, st.tuples(st.integers(1, 2), st.integers(1, 2))),
        "groups": _windows.choice("groups", groups, st.integers(1, 2)),
    }
    return _problems(chosen, bias, max_batch, max_size, max_kernel, max_channels, dtype)


@st.composite
def _problems(
    draw: Callable[..., Any],
    chosen: dict[str, Any],
    bias: bool,
    max_batch: int,
    max_size: int,
    max_kernel: int,
    max_channels: int,
    dtype: Any,
) -> Drawn:
    options = {name: draw(strategy) for name, strategy in chosen.items()}
    _windows.pair("strides", options["strides"])
    dilation = _windows.pair("dilation", options["dilation"])
    amounts = _windows.amounts(options["padding"])
    groups = 1 if options["groups"] is _windows.LEFT_OUT else options["groups"]
    window = [draw(st.integers(1, max_kernel)) for _ in range(2)]
    size = []
    for axis in range(2):
        extent = (window[axis] - 1) * dilation[axis] + 1
        least = _windows.smallest(extent, None if amounts is None else amounts[axis])
        size.append(least + draw(st.integers(0, max_size - 1)))
    batch = draw(st.integers(1, max_batch))
    inputs, outputs = draw(st.integers(1, max_channels)), groups * draw(st.integers(1, max_channels))
    images = draw(arrays((batch, *size, groups * inputs), dtype))
    kernel = draw(arrays((*window, inputs, outputs), dtype))
    args = (images, kernel, draw(arrays((outputs,), dtype))) if bias else (images, kernel)
    axes = (
        ("batch", "image height", "image width", "input channels"),
        ("kernel height", "kernel width", "input channels of a group", "output channels"),
        ("output channels",),
    )
    known = {name: value for name, value in options.items() if value is not _windows.LEFT_OUT}
    return Drawn(args, known, axes[: len(args)])
