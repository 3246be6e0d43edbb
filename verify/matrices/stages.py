"""Max pooling for every input at once, by matrices and relu: max(a, b) = b + relu(a - b).

A window's entries meet in pairs, the winners in pairs again, ceil(log2(taps)) times; one that is left over waits. Of a
stage only the difference passes through relu. Where everything has to (the network of matrices and relu alone), b does
so in two halves: b = relu(b) - relu(-b).

Exact where differences are, on small integers for example; else each stage rounds twice, a - b and b + relu(a - b).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from verify.matrices.geometry import Geometry
from verify.matrices.pooling import entry_dtype, every_window_is_real, met, pooling


class MaxStage(NamedTuple):
    """One stage: v -> keep @ v + relu(difference @ v).

    Attributes:
        difference: a - b for every pair, an empty row for what is left over.
        keep: b for every pair, or what is left over.
    """

    difference: Any
    keep: Any

    def __call__(self, values: Any) -> Any:
        """The winners of one stage (NumPy)."""
        return self.keep @ values + np.maximum(self.difference @ values, 0)

    def matrices(self) -> tuple[Any, Any]:
        """(spread, gather) with gather @ relu(spread @ v): the same stage with nothing beside relu."""
        from scipy.sparse import eye_array, hstack, vstack

        one = eye_array(self.keep.shape[0], dtype=self.keep.dtype)
        return vstack([self.difference, self.keep, -self.keep], "csr"), hstack([one, one, -one], "csr")


def max_pool_stages(
    window: Any,
    input_shape: Any,
    *,
    strides: Any = None,
    padding: Any = "VALID",
    dilation: Any = 1,
    layout: str | None = None,
    dtype: Any = np.float32,
) -> tuple[MaxStage, ...]:
    """Max pooling as matrices and relu, whatever the input: apply the stages one after the other to flat inputs.

    Args:
        window: a positive integer or one per spatial axis.
        input_shape: of one example, without the batch.
        strides: likewise; the window itself if None.
        padding: as for `verify.pool_matrix`.
        dilation: as for `verify.pool_matrix`.
        layout: as for `verify.pool_matrix`.
        dtype: of the matrices, which are SciPy's CSR.

    Returns:
        At least one stage; the last one's rows are the outputs, row-major.

    Raises:
        ValueError: the shapes or options do not fit together, or a window holds nothing but padding.
        TypeError: `dtype` holds no -1, or SciPy has no such matrices.
    """
    dtype = entry_dtype(dtype, "csr", jnp.number, "numbers")
    if dtype.kind == "u":
        raise TypeError(f"`dtype` must hold negative numbers, since stages take differences; got {dtype}.")
    geometry = pooling(window, input_shape, strides, padding, dilation, layout)
    every_window_is_real(geometry)
    positions, real = met(geometry)
    order = np.argsort(~real, axis=1, kind="stable")  # real entries first, in row-major order of the window
    entries = np.take_along_axis(np.where(real, positions, -1), order, axis=1)
    width = math.prod(axis.size for axis in geometry.axes)
    stages: list[MaxStage] = []
    while not stages or entries.shape[1] > 1:
        difference, keep, entries = _stage(entries, width, dtype)
        stages.append(MaxStage(*(_for_every_channel(matrix, geometry) for matrix in (difference, keep))))
        width = keep.shape[0]
    return tuple(stages)


def _stage(entries: np.ndarray, width: int, dtype: Any) -> tuple[Any, Any, np.ndarray]:
    """(difference, keep) of one channel, and where the winners of each window lie; -1 stands for no entry."""
    from scipy.sparse import coo_array

    if entries.shape[1] % 2:
        entries = np.pad(entries, ((0, 0), (0, 1)), constant_values=-1)
    a, b = entries[:, 0::2], entries[:, 1::2]
    winners = np.where(a >= 0, np.cumsum(a >= 0).reshape(a.shape) - 1, -1)
    shape, pairs, alone = (int((a >= 0).sum()), width), b >= 0, (a >= 0) & (b < 0)
    rows, ones = winners[pairs], np.ones(int(pairs.sum()), dtype)
    both = np.concatenate([rows, rows]), np.concatenate([a[pairs], b[pairs]])
    difference = coo_array((np.concatenate([ones, -ones]), both), shape).tocsr()
    kept = np.concatenate([rows, winners[alone]]), np.concatenate([b[pairs], a[alone]])
    return difference, coo_array((np.ones(len(kept[0]), dtype), kept), shape).tocsr(), winners


def _for_every_channel(matrix: Any, geometry: Geometry) -> Any:
    """The same for all channels side by side."""
    from scipy.sparse import eye_array, kron

    one = eye_array(geometry.channels, dtype=matrix.dtype)
    return kron(matrix, one, "csr") if geometry.last else kron(one, matrix, "csr")
