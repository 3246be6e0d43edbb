"""Where the entries of a linear function's matrix lie: bands, one per tap, found from the entries themselves.

Let output i of an axis read input j. In a convolution with stride s and input dilation e the number e j - s i, the
*offset* of the pair, takes as many values as there are taps: a d - lo. So for each axis the (s, e) is looked for that
leaves the fewest offsets; going around (modulo n e) is tried as well. The axis in which every output reads every input,
or every one of its group, is that of the channels.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from functools import cached_property

import numpy as np

Shape = tuple[int, ...]
Offset = tuple[int, ...]

_STRIDES, _DILATIONS = 8, 4  # strides and input dilations that are looked for


@dataclasses.dataclass(frozen=True)
class BandAxis:
    """One spatial axis: `axis` of outputs and inputs alike.

    Attributes:
        axis: its number.
        outputs: its length in the outputs.
        inputs: its length in the inputs.
        stride: s.
        dilation: e.
        period: n e where it goes around, else 0.
        offsets: those that occur in the function, ascending.
    """

    axis: int
    outputs: int
    inputs: int
    stride: int
    dilation: int
    period: int
    offsets: tuple[int, ...]

    def offset(self, outputs: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """e j - s i, the smallest in size of those that are equal where the axis goes around."""
        found = self.dilation * inputs - self.stride * outputs
        if not self.period:
            return found
        half = self.period // 2
        return (found + half) % self.period - half

    def tap(self, offset: int) -> int | None:
        """The number of the tap with this offset: its place among evenly spaced ones; None where it is none of them."""
        step = math.gcd(*(t - self.offsets[0] for t in self.offsets)) or 1
        number, rest = divmod(offset - self.offsets[0], step)
        return number if rest == 0 and offset <= self.offsets[-1] and number >= 0 else None

    def pairs(self, offset: int) -> np.ndarray:
        """All (output, input) with this offset, [n, 2]."""
        i, j = np.meshgrid(np.arange(self.outputs), np.arange(self.inputs), indexing="ij")
        return np.argwhere(self.offset(i, j) == offset)


@dataclasses.dataclass(frozen=True)
class Bands:
    """The spatial axes of a function, and the axis of its channels, None if it has none."""

    in_shape: Shape
    out_shape: Shape
    axes: tuple[BandAxis, ...]
    channels: int | None

    def offsets(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The offsets of entries, [entries, axes]."""
        i, j = np.unravel_index(rows, self.out_shape), np.unravel_index(columns, self.in_shape)
        return np.stack([axis.offset(i[axis.axis], j[axis.axis]) for axis in self.axes], axis=1)

    def blocks(self, offset: Offset) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of a band: [positions, output channels, 1] and [positions, 1, input channels]."""
        rows, columns = np.zeros((1, 1, 1), np.intp), np.zeros((1, 1, 1), np.intp)
        over_out, over_in = _weights(self.out_shape), _weights(self.in_shape)
        for axis, t in zip(self.axes, offset, strict=True):
            pairs = axis.pairs(t)
            rows = (rows[:, None] + pairs[:, 0, None, None] * over_out[axis.axis]).reshape(-1, 1, 1)
            columns = (columns[:, None] + pairs[:, 1, None, None] * over_in[axis.axis]).reshape(-1, 1, 1)
        if self.channels is not None:
            features, inputs = self.out_shape[self.channels], self.in_shape[self.channels]
            rows = rows + np.arange(features)[:, None] * over_out[self.channels]
            columns = columns + np.arange(inputs) * over_in[self.channels]
        return rows, columns

    @cached_property
    def taps(self) -> tuple[Offset, ...]:
        """The offsets of all bands."""
        return tuple(itertools.product(*(axis.offsets for axis in self.axes)))

    def name(self, offset: Offset) -> str:
        """What a person calls a band: the tap, and where it reads."""
        numbers = [axis.tap(t) for axis, t in zip(self.axes, offset, strict=True)]
        place = f"input offset ({', '.join(f'{t:+d}' if t else '0' for t in offset)})"
        if None in numbers:
            return f"the band at {place}"
        return f"tap ({', '.join(map(str, numbers))}) at {place}"


def infer(matrix: np.ndarray, columns: np.ndarray, in_shape: Shape, out_shape: Shape) -> Bands | None:
    """Find the bands of a function from some columns of its matrix, [outputs, columns]; None where there are none."""
    if len(in_shape) != len(out_shape):
        return None
    tables = [_met(matrix, columns, axis, in_shape, out_shape) for axis in range(len(in_shape))]
    long = [axis for axis, table in enumerate(tables) if max(table.shape) > 1]
    channels = _channels(tables, long)
    axes = []
    for axis in long:
        if axis != channels:
            found = _banded(axis, tables[axis])
            if found is None:
                return None
            axes.append(found)
    return Bands(in_shape, out_shape, tuple(axes), channels) if axes else None


def _met(matrix: np.ndarray, columns: np.ndarray, axis: int, in_shape: Shape, out_shape: Shape) -> np.ma.MaskedArray:
    """Along one axis, whether output i reads input j, [outputs, inputs]; inputs without a known column are masked."""
    others = tuple(a for a in range(len(out_shape)) if a != axis)
    per_column = (matrix != 0).reshape(*out_shape, -1).any(axis=others)
    inputs = np.unravel_index(columns, in_shape)[axis]
    table = np.zeros((out_shape[axis], in_shape[axis]), bool)
    np.logical_or.at(table.T, inputs, per_column.T)
    known = np.zeros(in_shape[axis], bool)
    known[inputs] = True
    return np.ma.array(table, mask=np.broadcast_to(~known, table.shape))


def _channels(tables: list[np.ma.MaskedArray], long: list[int]) -> int | None:
    """The last or the first axis, if there every output reads every input; else if it does so within groups."""
    candidates = [*long[-1:], *long[:1]]
    for blocks in (lambda table: [1], lambda table: _divisors(math.gcd(*table.shape))):
        for axis in candidates:
            rows, columns = tables[axis].shape
            for groups in blocks(tables[axis]):
                full = np.kron(np.eye(groups, dtype=bool), np.ones((rows // groups, columns // groups), bool))
                if (tables[axis] == full).all():
                    return axis
    return None


def _banded(axis: int, table: np.ma.MaskedArray) -> BandAxis | None:
    """The stride and input dilation that leave the fewest offsets; None where they leave too many to be taps.

    Of two that leave equally many, the one with which fewer places inside are empty where their offset occurs.
    """
    (rows, columns), known = table.shape, ~np.ma.getmaskarray(table)
    (i, j), inside = np.nonzero(table.filled(False)), np.nonzero(known)
    found = []
    for e, s in itertools.product(range(1, min(_DILATIONS, columns) + 1), range(1, min(_STRIDES, columns) + 1)):
        for period in (0, columns * e):
            one = BandAxis(axis, rows, columns, s, e, period, ())
            offsets = np.unique(one.offset(i, j))
            places = int(np.isin(one.offset(*inside), offsets).sum())
            whole = dataclasses.replace(one, offsets=tuple(map(int, offsets)))
            found.append((len(offsets), places, period > 0, s + e, whole))
    best = min(found, key=lambda candidate: candidate[:4])[4]
    most = int(table.sum(axis=1).max() or 0)
    return best if 0 < len(best.offsets) <= 2 * most * best.dilation else None


def _divisors(number: int) -> list[int]:
    return [n for n in range(2, number + 1) if number % n == 0]


def _weights(sizes: Shape) -> list[int]:
    return [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
