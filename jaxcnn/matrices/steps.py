"""The steps of a network read as matrices, on flat values [features, N], one column per example.

Each step also says how far rounding may have moved its outputs from the exact ones, given how far its inputs have been
moved (`jaxcnn.matrices.rounding`). Relu and the maximum of a window move by no more than their inputs do.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from jaxcnn._types import Options, Shape
from jaxcnn.matrices.rounding import Rounding
from verify import Affine, max_pool_stages, pool_matrix


@dataclass(frozen=True)
class Linear:
    """A layer that is a matrix and an offset.

    Attributes:
        name: of the layer.
        affine: the matrix (dense NumPy or CSR) and the offset.
    """

    name: str
    affine: Affine

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The matrix times the values, plus the offset."""
        return self.affine.matrix @ values + self.affine.offset[:, None]

    def chain(self) -> tuple[Any, ...]:
        """Itself: what stands for it in the form of matrices and relu."""
        return (self.affine,)

    def matrix_at(self, values: np.ndarray) -> Affine:
        """Itself, whatever the values of the one example."""
        del values
        return self.affine

    def moved(self, values: np.ndarray, error: np.ndarray, rounding: Rounding) -> np.ndarray:
        """How far the outputs may be off, where the inputs, of these values, are by `error`: products of n terms."""
        matrix, offset = self._absolute
        return rounding.of_products(matrix, offset, np.abs(values), error, self._terms)

    @cached_property
    def _absolute(self) -> tuple[Any, np.ndarray]:
        return abs(self.affine.matrix).astype(np.float64), np.abs(self.affine.offset).astype(np.float64)

    @cached_property
    def _terms(self) -> int:
        matrix = self.affine.matrix
        return int(np.diff(matrix.indptr).max(initial=0)) if hasattr(matrix, "indptr") else matrix.shape[1]


RELU = "relu"  # in a chain: everything passes through relu


@dataclass(frozen=True)
class Rectifier:
    """Relu: at an example, the diagonal matrix of what passes."""

    name: str

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The larger of a value and 0."""
        return np.maximum(values, 0)

    def chain(self) -> tuple[Any, ...]:
        """Relu."""
        return (RELU,)

    def matrix_at(self, values: np.ndarray) -> Affine:
        """The diagonal matrix with ones where the one example's value is positive."""
        from scipy.sparse import csr_array

        passing = np.flatnonzero(values[:, 0] > 0)
        count, dtype = len(values), values.dtype
        diagonal = csr_array((np.ones(len(passing), dtype), (passing, passing)), shape=(count, count))
        return Affine(diagonal, np.zeros(count, dtype))

    def moved(self, values: np.ndarray, error: np.ndarray, rounding: Rounding) -> np.ndarray:
        """As far as the inputs."""
        del values, rounding
        return error


@dataclass(frozen=True)
class Maximum:
    """Max pooling: a selection matrix at the examples, or stages of matrices and relu at all.

    Attributes:
        name: of the layer.
        options: window, strides and padding.
        shape: (H, W, C) of its inputs.
        dtype: of the matrices.
    """

    name: str
    options: Options
    shape: Shape
    dtype: Any

    # A stage is b + relu(a - b): with entries up to s the difference, up to 2 s, rounds once, and the sum, of numbers
    # up to s and 2 s, once; 5 u s and less than one more for what u² adds.
    _ROUNDINGS: ClassVar[int] = 6

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """The selection matrix of all examples side by side, times their values."""
        count = values.shape[1]
        return (self._selection(values) @ values.reshape(-1)).reshape(-1, count)

    def chain(self) -> tuple[Any, ...]:
        """The stages: a matrix, relu, a matrix."""
        found: list[Any] = []
        for stage in self._stages:
            spread, gather = stage.matrices()
            found += [_without_offset(spread), RELU, _without_offset(gather)]
        return tuple(found)

    def matrix_at(self, values: np.ndarray) -> Affine:
        """The selection matrix of the one example."""
        return _without_offset(self._selection(values))

    def moved(self, values: np.ndarray, error: np.ndarray, rounding: Rounding) -> np.ndarray:
        """As far as the window's most moved entry, and by what the stages round."""
        largest, moved = self(np.abs(values).astype(np.float64)), self(error)
        return moved + rounding.gamma(self._ROUNDINGS * len(self._stages)) * (largest + 2 * moved)

    def _selection(self, values: np.ndarray) -> Any:
        # Examples side by side are channels of one image, whose windows do not mix channels.
        height, width, channels = self.shape
        together = (height, width, channels * values.shape[1])
        at = values.reshape(together)
        options = dict(self.options)
        return pool_matrix(options.pop("window"), together, kind="max", at=at, dtype=values.dtype, **options)

    @cached_property
    def _stages(self) -> tuple[Any, ...]:
        options = dict(self.options)
        return max_pool_stages(options.pop("window"), self.shape, dtype=self.dtype, **options)


Step = Linear | Rectifier | Maximum


def _without_offset(matrix: Any) -> Affine:
    return Affine(matrix, np.zeros(matrix.shape[0], matrix.dtype))
