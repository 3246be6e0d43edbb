"""The matrix inside a compiled program: JAX BCOO and dense arrays that can be differentiated by the kernel.

Entries are those of the CSR matrix, in the same order. Their values are copies of a few tiles, one per segment, and
their indices are computed from a table with one line per run of channels, which is what keeps both at the speed of
writing (a gather or a scatter of every entry is several times slower on a CPU).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.matrices import kernels
from verify.matrices.axis import Axis, Run
from verify.matrices.geometry import Geometry
from verify.matrices.segments import Segment, weights

_LISTED = 64  # copies named one by one in a program: more would make it slow to compile


class _Stretch(NamedTuple):
    """Outputs from `first` on: `times` repetitions of outputs that belong to the runs of `block`."""

    first: int
    block: tuple[Run, ...]
    times: int

    @property
    def input_step(self) -> int:
        """From one repetition to the next: the same for all runs that meet an input."""
        return max((run.input_step for run in self.block if run.taps), default=0)


class _Order(NamedTuple):
    """What becomes of the entries of one output position at others.

    Attributes:
        tile: the entries [copies, n, ...] of a segment, at its first output.
        moved: `moved(axis, entries, outputs, inputs)`, the same so many outputs and inputs further along an axis.
        repeated: `repeated(axis, entries, times, outputs, inputs)`, so many times, each as much further.
    """

    tile: Callable[[Segment], Any]
    moved: Callable[[int, Any, int, int], Any]
    repeated: Callable[[int, Any, int, int, int], list[Any]]


def bcoo(kernel: Any, geometry: Geometry) -> Any:
    """The matrix as a `jax.experimental.sparse.BCOO`, its rows and columns in ascending order."""
    from jax.experimental.sparse import BCOO

    entries = _values(kernel, geometry), _indices(geometry)
    return BCOO(entries, shape=geometry.shape, indices_sorted=True, unique_indices=True)


def dense(kernel: Any, geometry: Geometry) -> Any:
    """The matrix as a JAX array: along each axis, every pair of an output and an input picks its tap or a zero."""
    whole = _every_channel(kernel if geometry.last else jnp.moveaxis(kernel, (0, 1), (-1, -2)), geometry)
    rank = len(geometry.axes)
    for at in reversed(range(rank)):
        zero = [(0, int(i == at), 0) for i in range(whole.ndim)]
        table = _taps(geometry.axes[at])
        whole = jnp.take(lax.pad(whole, jnp.zeros((), whole.dtype), zero), table, axis=at, mode="clip")
        whole = jnp.moveaxis(whole, at + 1, rank)  # outputs stay in front, inputs gather behind them
    column, row = 2 * rank, 2 * rank + 1
    outputs, inputs = range(rank), range(rank, 2 * rank)
    order = (*outputs, row, *inputs, column) if geometry.last else (row, *outputs, column, *inputs)
    return whole.transpose(order).reshape(geometry.shape)


def _values(kernel: Any, geometry: Geometry) -> Any:
    """The values of all entries."""

    def tile(segment: Segment) -> Any:
        return kernels.values(kernel, geometry, segment)

    def repeated(axis: int, entries: Any, times: int, outputs: int, inputs: int) -> list[Any]:
        if axis > 0:
            return [_tiled(entries, times)]
        # whole rows of positions: an operand that is named often is copied, where a broadcast is indexed entry by entry
        each = -(-times // _LISTED)
        several = lax.optimization_barrier(_tiled(entries, each))
        return [several] * (times // each) + [entries] * (times % each)

    order = _Order(tile, lambda axis, entries, outputs, inputs: entries, repeated)
    return _laid_out(geometry.axes, order).reshape(-1)


def _indices(geometry: Geometry) -> Any:
    """Rows and columns of all entries, [entries, 2]: a table of neighbouring channels, then the channels themselves."""
    length, position, scale = (geometry.block[1], geometry.features, geometry.channels) if geometry.last else (1, 1, 1)
    row_weights = [position * weight for weight in weights([axis.outputs for axis in geometry.axes])]
    column_weights = [scale * weight for weight in weights([axis.size for axis in geometry.axes])]

    def tile(segment: Segment) -> Any:
        rows, columns = (of(geometry, segment, np.int32)[:, ::length] for of in (kernels.rows, kernels.columns))
        return jnp.asarray(np.stack(np.broadcast_arrays(rows, columns), axis=-1))

    def moved(axis: int, lines: Any, outputs: int, inputs: int) -> Any:
        return lines + jnp.asarray([[[outputs * row_weights[axis], inputs * column_weights[axis]]]], jnp.int32)

    def repeated(axis: int, lines: Any, times: int, outputs: int, inputs: int) -> list[Any]:
        move = np.asarray([outputs * row_weights[axis], inputs * column_weights[axis]])
        moves = np.arange(times)[None, :, None, None] * move
        return [(lines[:, None] + jnp.asarray(moves, jnp.int32)).reshape(len(lines), -1, 2)]

    table = lax.optimization_barrier(_laid_out(geometry.axes, _Order(tile, moved, repeated)).reshape(-1, 2))
    shape = (len(table), length, 2)
    rows, columns = (jnp.broadcast_to(table[:, i, None, None], shape) for i in (0, 1))
    lane, which = (lax.broadcasted_iota(jnp.int32, shape, axis) for axis in (1, 2))
    return jnp.where(which == 0, rows, columns + lane).reshape(-1, 2)


def _laid_out(axes: Sequence[Axis], order: _Order) -> Any:
    """The entries of all output positions, [copies, n, ...]."""

    @functools.cache
    def within(runs: tuple[Run, ...]) -> Any:
        """Those of all positions along the later axes, at the first output of each of these runs."""
        axis = len(runs)
        if axis == len(axes):
            return order.tile(Segment(runs))
        pieces = []
        for stretch in _stretches(axes[axis]):
            parts = []
            for at, run in enumerate(stretch.block, stretch.first):
                steps = (at - run.start) // run.step
                parts.append(order.moved(axis, within((*runs, run)), steps * run.step, steps * run.input_step))
            block = _joined(parts)
            once, outputs, inputs = stretch.times == 1, len(stretch.block), stretch.input_step
            pieces += [block] if once else order.repeated(axis, block, stretch.times, outputs, inputs)
        return _joined(pieces)

    return within(())


def _stretches(axis: Axis) -> Iterator[_Stretch]:
    """All outputs of an axis, in order."""
    of = {run.start + t * run.step: run for run in axis.runs for t in range(run.times)}
    at, cycle = 0, axis.runs[0].step
    while at < axis.outputs:
        block = tuple(of[i] for i in range(at, min(at + cycle, axis.outputs)))
        times = 1
        while all(of.get(at + times * cycle + i) == run for i, run in enumerate(block)):
            times += 1
        stretch = _Stretch(at, block, times) if times > 1 else _Stretch(at, block[:1], 1)
        yield stretch
        at += len(stretch.block) * stretch.times


def _every_channel(kernel: Any, geometry: Geometry) -> Any:
    """A kernel (..., C / G, O) as (..., C, O), with zeros between channels of different groups."""
    rows, columns = geometry.block
    taps = kernel.shape[:-2]
    grouped = kernel.reshape(*taps, 1, columns, geometry.groups, rows)
    same = np.eye(geometry.groups, dtype=bool).reshape(*[1] * len(taps), geometry.groups, 1, geometry.groups, 1)
    return jnp.where(same, grouped, jnp.zeros((), kernel.dtype)).reshape(*taps, geometry.channels, geometry.features)


def _taps(axis: Axis) -> np.ndarray:
    """The tap at which an output meets an input, [outputs, inputs]; `window`, one too many, where it does not."""
    table = np.full((axis.outputs, axis.size), axis.window, np.int32)
    outputs, taps = np.nonzero(axis.reads >= 0)
    table[outputs, axis.reads[outputs, taps]] = taps
    return table


def _tiled(entries: Any, times: int) -> Any:
    return jnp.broadcast_to(entries[:, None], (len(entries), times, *entries.shape[1:])).reshape(
        len(entries), -1, *entries.shape[2:]
    )


def _joined(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=1)
