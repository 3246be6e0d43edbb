"""Problems for `verify.conv_matrix` and `verify.pool_matrix`: every option, in one to three dimensions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.strategies.arrays import arrays

_LAYOUTS = (("NWC", "NCW"), ("NHWC", "NCHW"), ("NDHWC", "NCDHW"))


@dataclasses.dataclass(frozen=True, eq=False)
class MatrixProblem:
    """What a strategy draws.

    Attributes:
        array: a kernel, or the inputs of a pooling.
        input_shape: of one example.
        options: of `verify.conv_matrix` or `verify.pool_matrix`, `window` among the latter.
    """

    array: np.ndarray
    input_shape: tuple[int, ...]
    options: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"MatrixProblem({self.array.tolist()!r}, {self.input_shape}, {dict(self.options)!r})"


@st.composite
def conv_matrix_problems(
    draw: Callable[..., Any], *, max_rank: int = 3, max_size: int = 4, circular: bool | None = None
) -> MatrixProblem:
    """A kernel, an input shape and options of `verify.conv_matrix`.

    Args:
        draw: given by Hypothesis.
        max_rank: the most spatial axes.
        max_size: how many entries an axis may be longer than the shortest that fits, less one.
        circular: whether padding is always, or never, circular.
    """
    rank, last = draw(st.integers(1, max_rank)), draw(st.booleans())
    window = [draw(st.integers(1, 3)) for _ in range(rank)]
    options = {
        "strides": [draw(st.integers(1, 3)) for _ in range(rank)],
        "dilation": [draw(st.integers(1, 2)) for _ in range(rank)],
        "input_dilation": draw(st.just([1] * rank) | st.lists(st.integers(1, 3), min_size=rank, max_size=rank)),
        "groups": draw(st.integers(1, 3)),
        "layout": _LAYOUTS[rank - 1][0 if last else 1],
    }
    names = ["VALID", "SAME"] if max(options["input_dilation"]) == 1 else ["VALID"]
    options["padding"] = "CIRCULAR" if circular else draw(_paddings(rank, names, circular is None))
    sizes = _sizes(draw, window, options, max_size)
    channels, features = (options["groups"] * draw(st.integers(1, 2)) for _ in range(2))
    inner = channels // options["groups"]
    shape = (*window, inner, features) if last else (features, inner, *window)
    return MatrixProblem(draw(arrays(shape)), (*sizes, channels) if last else (channels, *sizes), options)


@st.composite
def pool_matrix_problems(draw: Callable[..., Any], *, max_rank: int = 3, max_size: int = 4) -> MatrixProblem:
    """Inputs, their shape and options of `verify.pool_matrix`; every window holds a real entry.

    Args:
        draw: given by Hypothesis.
        max_rank: the most spatial axes.
        max_size: how many entries an axis may be longer than the shortest that fits, less one.
    """
    rank, last = draw(st.integers(1, max_rank)), draw(st.booleans())
    window = [draw(st.integers(1, 3)) for _ in range(rank)]
    options = {
        "window": window,
        "strides": draw(st.none() | st.tuples(*[st.integers(1, 3)] * rank)),
        "dilation": [draw(st.integers(1, 2)) for _ in range(rank)],
        "layout": _LAYOUTS[rank - 1][0 if last else 1],
    }
    # less padding than entries that a window reaches, and no gap of a dilated window to fall into
    below = st.tuples(*[st.tuples(*[st.integers(0, k - 1)] * 2) for k in window])
    options["padding"] = draw(st.sampled_from(["VALID", "SAME", "CIRCULAR"]) | below)
    reach = [(k - 1) * d for k, d in zip(window, options["dilation"], strict=True)]
    sizes = [n + more for n, more in zip(_sizes(draw, window, options, max_size), reach, strict=True)]
    shape = (*sizes, draw(st.integers(1, 2)))
    shape = shape if last else (shape[-1], *shape[:-1])
    return MatrixProblem(draw(arrays(shape)), shape, options)


def _paddings(rank: int, names: list[str], circular: bool) -> st.SearchStrategy[Any]:
    amounts = st.tuples(*[st.tuples(*[st.integers(-1, 3)] * 2)] * rank)
    return st.sampled_from([*names, "CIRCULAR"] if circular else names) | amounts


def _sizes(draw: Callable[..., Any], window: list[int], options: Mapping[str, Any], max_size: int) -> list[int]:
    """Sizes into which a window fits, at least one entry each."""
    padding, sizes = options["padding"], []
    for axis, k in enumerate(window):
        extent = (k - 1) * options["dilation"][axis] + 1
        amount = 0 if isinstance(padding, str) else sum(padding[axis])
        free = padding in ("SAME", "CIRCULAR")
        step = options.get("input_dilation", [1] * len(window))[axis]
        least = 1 if free else max(1, -(-(extent - amount - 1) // step) + 1)
        sizes.append(least + draw(st.integers(0, max_size - 1)))
    return sizes
