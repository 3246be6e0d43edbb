"""Writing row after row without a sort: outputs whose rows look alike are written together, by one broadcast.

The rows of one output position all have n(i) n(j) C / G entries (n: taps met along each axis), so that one cumulative
sum over positions says where each begins. A `Segment` is a product of runs, one per axis: there rows are the same but
for their first column, and begin at equal distances, so that values and columns are each one strided assignment.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from verify.matrices.axis import Axis, Run

_SHORT = 4096  # entries: longer runs cost no more than filling them does
_WIDEST = 2**23  # bytes of a tile, which is to stay in the cache


class Segment(NamedTuple):
    """A product of runs: output positions that meet the same taps."""

    runs: tuple[Run, ...]

    @property
    def start(self) -> tuple[int, ...]:
        """Its first output position."""
        return tuple(run.start for run in self.runs)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many output positions there are along each axis."""
        return tuple(run.times for run in self.runs)

    @property
    def taps(self) -> tuple[tuple[int, ...], ...]:
        """Taps along each axis, in the order of the inputs that they meet."""
        return tuple(run.taps for run in self.runs)

    def inputs(self, sizes: Sequence[int]) -> np.ndarray:
        """The flat input positions that its first output meets, one axis of the result per spatial axis."""
        return np.ravel_multi_index(np.ix_(*(run.inputs for run in self.runs)), tuple(sizes))

    def moves(self, sizes: Sequence[int]) -> list[np.ndarray]:
        """Along each axis, how far the flat input positions of an output lie behind those of the first one."""
        return [w * run.input_step * np.arange(run.times) for w, run in zip(weights(sizes), self.runs, strict=True)]

    def output_moves(self, sizes: Sequence[int]) -> list[np.ndarray]:
        """Along each axis, how far the flat position of an output lies behind that of the first one."""
        return [w * run.step * np.arange(run.times) for w, run in zip(weights(sizes), self.runs, strict=True)]


def weights(sizes: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis are in a row-major array."""
    return [math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]


def segments(axes: Sequence[Axis]) -> Iterator[Segment]:
    """All segments that have entries."""
    for runs in itertools.product(*(axis.runs for axis in axes)):
        if all(run.taps for run in runs):
            yield Segment(runs)


@dataclasses.dataclass(frozen=True)
class Rows:
    """Where the rows of each output position begin, in units of `unit` entries per tap.

    Attributes:
        axes: the spatial axes.
        unit: entries that follow one another for every tap of a position, over all of its rows that lie together.
        copies: how often all positions are gone through (channels first: once for each output channel).
    """

    axes: tuple[Axis, ...]
    unit: int
    copies: int

    @cached_property
    def taps(self) -> np.ndarray:
        """How many taps each output position meets, one axis per spatial axis."""
        return math.prod(np.ix_(*(axis.counts for axis in self.axes)), start=np.ones((), np.int64))

    @cached_property
    def begins(self) -> np.ndarray:
        """Where the entries of each output position begin, in the first copy; flat, one more than there are."""
        return np.concatenate([[0], np.cumsum(self.taps.reshape(-1))]) * self.unit

    @property
    def entries(self) -> int:
        """Of all copies."""
        return int(self.begins[-1]) * self.copies

    def view(self, flat: np.ndarray, segment: Segment) -> np.ndarray:
        """The entries of a segment in an array of all entries: [copies, positions along each axis..., entries]."""
        shape = tuple(axis.outputs for axis in self.axes)
        begins = self.begins[:-1].reshape(shape)
        begin = int(begins[segment.start])
        steps = [int(self.begins[-1])]
        for axis, run in enumerate(segment.runs):
            after = list(segment.start)
            after[axis] += run.step if run.times > 1 else 0
            steps.append(int(begins[tuple(after)]) - begin)
        length = math.prod(map(len, segment.taps)) * self.unit
        strides = [step * flat.strides[0] for step in (*steps, 1)]
        return as_strided(flat[begin:], (self.copies, *segment.counts, length), strides)


def spread(view: np.ndarray, tile: np.ndarray, moves: Sequence[np.ndarray] | None = None) -> None:
    """Write a tile at every position of a `Rows.view`, with the `moves` along each axis added.

    The tile is [copies, entries], or [1, entries] where all copies are alike.
    """
    apart = None if moves is None else list(moves)
    copies, *positions, entries = view.shape
    wide = tile.nbytes * positions[-1]
    if entries <= _SHORT and wide <= _WIDEST and view.strides[-2] == entries * view.itemsize:
        # one row of positions becomes the tile: NumPy starts anew for every run of entries, whatever its length
        row = np.broadcast_to(tile[:, None, :], (len(tile), positions.pop(), entries))
        tile = (row if apart is None else row + apart.pop()[:, None]).reshape(len(tile), -1)
        shape, strides = (copies, *positions, tile.shape[1]), (*view.strides[:-2], view.itemsize)
        view = as_strided(view, shape, strides)
    tiles = tile.reshape(len(tile), *[1] * len(positions), -1)
    if apart:
        np.add(tiles, sum(np.ix_(*apart), np.zeros(positions, tile.dtype))[None, ..., None], out=view)
    else:
        view[...] = tiles
