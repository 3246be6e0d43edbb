"""Problems for a dense layer: rows, a kernel, and perhaps a bias."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from verify.searching.drawn import Drawn
from verify.strategies.arrays import arrays


@st.composite
def dense_problems(
    draw: Callable[..., Any],
    *,
    max_batch: int = 3,
    max_features: int = 4,
    bias: bool = True,
    dtype: Any = np.float32,
) -> Drawn:
    """Arguments (inputs [batch, in], kernel [in, out], bias [out]) without options.

    Args:
        draw: supplied by Hypothesis.
        max_batch: the largest batch.
        max_features: the most features, in and out.
        bias: whether there is a third argument.
        dtype: of all arrays.
    """
    batch = draw(st.integers(1, max_batch))
    features, outputs = draw(st.integers(1, max_features)), draw(st.integers(1, max_features))
    parts: list[Any] = [((batch, features), "inputs", ("batch", "features"))]
    parts += [((features, outputs), "kernel", ("inputs", "outputs"))]
    parts += [((outputs,), "bias", ("outputs",))] if bias else []
    args = tuple(draw(arrays(shape, dtype)) for shape, _, _ in parts)
    return Drawn(args, {}, tuple(tuple(f"{name} {axis}" for axis in axes) for _, name, axes in parts))
