"""One spatial axis of a convolution or a pooling, in plain integers (a leaf: nothing here knows of kernels).

The axis has n entries, e - 1 zeros between neighbours (input dilation) and lo, hi zeros around them. A window of k taps
that are d apart starts every s positions. Output i meets, at tap a, the position

    t = i s + a d - lo,   which holds input t / e where e divides t and 0 <= t / e < n, and a zero elsewhere.

On a circular axis t is taken modulo n e. Without dilation and wrapping that is: the taps of output i run from
max(0, ceil((lo - i s) / d)) to min(k, ceil((n + lo - i s) / d)).
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from math import gcd
from typing import NamedTuple

import numpy as np


class Run(NamedTuple):
    """Outputs `start`, `start + step`, ... (`times` of them) that meet the same taps at inputs moving in step.

    The q-th entry of the t-th of these outputs is tap `taps[q]` at input `inputs[q] + t * input_step`; `inputs` ascend.
    """

    start: int
    step: int
    times: int
    taps: tuple[int, ...]
    inputs: tuple[int, ...]
    input_step: int


class Slices(NamedTuple):
    """The t-th of `times` outputs, `output + t * output_step`, reads input `input + t * input_step`."""

    times: int
    output: int
    output_step: int
    input: int
    input_step: int

    @property
    def outputs(self) -> slice:
        """The outputs as a slice."""
        return slice(self.output, self.output + (self.times - 1) * self.output_step + 1, self.output_step)

    @property
    def inputs(self) -> slice:
        """The inputs as a slice; only for a step of at least one."""
        return slice(self.input, self.input + (self.times - 1) * self.input_step + 1, self.input_step)


@dataclasses.dataclass(frozen=True)
class Axis:
    """See the module's docstring for the letters.

    Attributes:
        size: n.
        window: k.
        stride: s.
        low: lo; negative crops.
        outputs: how many windows there are.
        dilation: d.
        input_dilation: e.
        circular: whether positions wrap around.
    """

    size: int
    window: int
    stride: int
    low: int
    outputs: int
    dilation: int = 1
    input_dilation: int = 1
    circular: bool = False

    @property
    def period(self) -> int:
        """After how many positions a circular axis repeats."""
        return self.size * self.input_dilation

    @property
    def distinct_taps(self) -> int:
        """How many taps of a circular axis meet different inputs: tap a meets what tap a - distinct_taps meets."""
        return min(self.window, self.period // gcd(self.dilation, self.period)) if self.circular else self.window

    def met(self, tap: int) -> int:
        """How many outputs meet an input at this tap: those i with 0 <= t <= (n - 1) e and t = 0 modulo e."""
        shift, common = self.low - tap * self.dilation, gcd(self.stride, self.input_dilation)
        if shift % common:
            return 0  # i s = shift modulo e has no solution
        cycle = self.input_dilation // common
        one = shift // common * pow(self.stride // common, -1, cycle) % cycle  # every solution is this one plus cycles
        first, last = 0, self.outputs - 1
        if not self.circular:
            first = max(first, -(-shift // self.stride))
            last = min(last, (shift + (self.size - 1) * self.input_dilation) // self.stride)
        return max(0, (last - one) // cycle - (first - 1 - one) // cycle)

    @cached_property
    def reads(self) -> np.ndarray:
        """The input that output i meets at tap a, as [outputs, window]; -1 where that is a zero."""
        t = np.arange(self.outputs)[:, None] * self.stride + np.arange(self.window) * self.dilation - self.low
        if self.circular:
            t %= self.period
        j = t // self.input_dilation
        return np.where((t % self.input_dilation == 0) & (j >= 0) & (j < self.size), j, -1)

    @cached_property
    def counts(self) -> np.ndarray:
        """How many taps of every output meet an input."""
        return (self.reads >= 0).sum(axis=1)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All outputs, in runs; the entries before each output of a run grow by the same number from one to the next.

        A 3-tap window with a zero at either end has three runs: the first output, all in between, the last.
        """
        order = np.argsort(np.where(self.reads < 0, self.size, self.reads), axis=1, kind="stable")
        found = []
        for first in range(min(self._cycle, self.outputs)):
            found += self._runs_of(np.arange(first, self.outputs, self._cycle), order)
        return tuple(sorted(found))

    def slices(self, tap: int) -> list[Slices]:
        """Where one tap is met, in as few pieces as its outputs and inputs are evenly spaced."""
        outputs = np.flatnonzero(self.reads[:, tap] >= 0)
        inputs = self.reads[outputs, tap]
        pieces = _even(np.stack([outputs, inputs], axis=1))
        return [Slices(len(p), int(p[0, 0]), _step(p[:, 0]), int(p[0, 1]), _step(p[:, 1])) for p in pieces]

    @property
    def _cycle(self) -> int:
        """Outputs that are so far apart meet the same taps, away from the ends: i s changes by a multiple of e."""
        return self.input_dilation // gcd(self.stride, self.input_dilation)

    def _runs_of(self, outputs: np.ndarray, order: np.ndarray) -> list[Run]:
        """Runs of outputs that are one cycle apart."""
        taps = np.where(np.arange(self.window) < self.counts[outputs, None], order[outputs], -1)
        met = np.take_along_axis(self.reads[outputs], order[outputs], axis=1)
        entries = np.concatenate([[0], np.cumsum(self.counts)])[outputs]
        shape = np.where(taps < 0, 0, met - met[:, :1])  # inputs relative to the first
        changes = np.flatnonzero((taps[1:] != taps[:-1]).any(axis=1) | (shape[1:] != shape[:-1]).any(axis=1)) + 1
        found = []
        for alike in np.split(np.arange(len(outputs)), changes):
            for piece in _even(np.stack([alike, met[alike, 0], entries[alike]], axis=1)):
                at, count = piece[0, 0], self.counts[outputs[piece[0, 0]]]
                found.append(
                    Run(
                        int(outputs[at]),
                        self._cycle,
                        len(piece),
                        tuple(map(int, taps[at, :count])),
                        tuple(map(int, met[at, :count])),
                        _step(piece[:, 1]),
                    )
                )
        return found


def _even(rows: np.ndarray) -> list[np.ndarray]:
    """Cut rows of integers into pieces in which each row is larger than the one before by the same amounts."""
    if not len(rows):
        return []
    steps = np.diff(rows, axis=0)
    descents = set(np.flatnonzero((steps < 0).any(axis=1)) + 1)
    changes = set(np.flatnonzero((steps[1:] != steps[:-1]).any(axis=1)) + 2)
    pieces, begin = [], 0
    for end in map(int, sorted(descents | changes)):
        if end in descents or end > begin + 1:  # the first step of a piece may be any
            pieces.append(rows[begin:end])
            begin = end
    return [*pieces, rows[begin:]]


def _step(values: np.ndarray) -> int:
    return int(values[1] - values[0]) if len(values) > 1 else 1
