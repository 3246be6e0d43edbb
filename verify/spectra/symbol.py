"""A convolution on a torus, one small matrix per frequency.

On a torus of N positions per axis let z be the input with e - 1 zeros between its n = N / e entries, and keep every
s-th output, m = N / s of them. With unitary Fourier transforms of inputs and outputs

    y^(nu) = (s e)^(-1/2) sum of W(omega) x^(mu) over all omega with omega = nu mod m and omega = mu mod n,
    W(omega) = sum_a K[a] exp(2 pi i omega (a d - lo) / N).

Frequencies that are equal modulo g = gcd(m, n) mix, others do not: the matrix of the convolution is unitarily
equivalent to g blocks of (m / g) O x (n / g) C. Without strides and dilation of inputs there are N blocks of O x C.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from verify.matrices.geometry import Geometry

_CHUNK = 2**26  # bytes of blocks at a time

UNIT = 2.0**-53  # unit roundoff of float64, in which all of this is computed


class Torus(NamedTuple):
    """One axis of a torus.

    Attributes:
        positions: N, a multiple of both that follow.
        stride: s.
        dilation: e, of the input.
        spacing: d, of the taps.
        taps: how many.
        low: lo, which matters only where strides meet a dilated input.
    """

    positions: int
    stride: int
    dilation: int
    spacing: int
    taps: int
    low: int

    @property
    def blocks(self) -> int:
        """g: how many classes of frequencies do not mix."""
        return math.gcd(self.positions // self.stride, self.positions // self.dilation)

    @property
    def rows(self) -> int:
        """m / g."""
        return self.positions // self.stride // self.blocks

    @property
    def columns(self) -> int:
        """n / g."""
        return self.positions // self.dilation // self.blocks


@dataclasses.dataclass(frozen=True)
class Symbol:
    """All blocks of a convolution on a torus.

    Attributes:
        kernel: (taps..., G, O / G, C / G) in float64.
        axes: of the torus.
    """

    kernel: np.ndarray
    axes: tuple[Torus, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Of a block."""
        rows, columns = (math.prod(getattr(axis, side) for axis in self.axes) for side in ("rows", "columns"))
        return rows * self.kernel.shape[-2], columns * self.kernel.shape[-1]

    @cached_property
    def frequencies(self) -> np.ndarray:
        """One frequency class of each conjugate pair, [n, axes]; a real kernel has equal singular values at both."""
        counts = tuple(axis.blocks for axis in self.axes)
        every = np.stack(np.unravel_index(np.arange(math.prod(counts)), counts), axis=1)
        return every[np.arange(len(every)) <= self._mirror(every)]

    @cached_property
    def multiplicities(self) -> np.ndarray:
        """How often the blocks of each of `frequencies` occur: once or twice."""
        own = np.ravel_multi_index(tuple(self.frequencies.T), tuple(axis.blocks for axis in self.axes))
        return np.where(self._mirror(self.frequencies) == own, 1, 2)

    def chunks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Blocks [frequencies, G, rows, columns] of one part of `frequencies` after the other."""
        groups = self.kernel.shape[-3]
        count = max(1, _CHUNK // (16 * groups * math.prod(self.shape)))
        for begin in range(0, len(self.frequencies), count):
            part = slice(begin, min(begin + count, len(self.frequencies)))
            yield part, self.blocks(self.frequencies[part])

    def blocks(self, frequencies: np.ndarray) -> np.ndarray:
        """The blocks at some frequency classes."""
        groups, rows, columns = self.kernel.shape[-3:]
        heights, widths = ([getattr(axis, side) for axis in self.axes] for side in ("rows", "columns"))
        values = self.kernel.reshape(-1, groups * rows * columns)
        found = np.zeros((len(frequencies), groups, *heights, rows, *widths, columns), np.complex128)
        scale = math.prod(axis.stride * axis.dilation for axis in self.axes) ** -0.5
        for alias in itertools.product(*(range(axis.positions // axis.blocks) for axis in self.axes)):
            omega = frequencies + np.asarray(alias) * [axis.blocks for axis in self.axes]
            phases = self._phases(omega)
            at = (slice(None), slice(None), *(q % h for q, h in zip(alias, heights, strict=True)), slice(None))
            at = (*at, *(q % w for q, w in zip(alias, widths, strict=True)), slice(None))
            part = (phases.real @ values) * scale + 1j * ((phases.imag @ values) * scale)
            found[at] += part.reshape(-1, groups, rows, columns)
        return found.reshape(len(frequencies), groups, *self.shape)

    @property
    def error(self) -> float:
        """What rounding may change a block by, in norm.

        An angle is rounded a few times, at most at 2 pi times the axes, and NumPy's sine and cosine of it are within 4
        units in the last place: each phase is within 32 u per axis. A sum over taps and aliases of products with it
        adds one u for every term. A block consists of A sub-blocks, each the sum of S matrices W over sqrt(s e), where
        A S^2 = s e: in Frobenius norm all errors together are at most that of one W.
        """
        taps, aliases = (
            math.prod(self.kernel.shape[:-3]),
            math.prod(axis.positions // axis.blocks for axis in self.axes),
        )
        sums = np.abs(self.kernel).sum(axis=tuple(range(len(self.axes))))
        largest = float(np.sqrt((sums**2).sum(axis=(1, 2))).max())
        return 2 * (32 * len(self.axes) + taps + aliases + 4) * UNIT * largest

    def _phases(self, omega: np.ndarray) -> np.ndarray:
        """exp(2 pi i omega (a d - lo) / N), [frequencies, taps]."""
        turns = np.zeros((len(omega), 1))
        for at, axis in enumerate(self.axes):
            steps = omega[:, at, None] * (np.arange(axis.taps) * axis.spacing - axis.low) % axis.positions
            turns = (turns[:, :, None] + (steps / axis.positions)[:, None, :]).reshape(len(omega), -1)
        return np.exp(2j * np.pi * turns)

    def _mirror(self, classes: np.ndarray) -> np.ndarray:
        """The flat number of the class of the negative frequencies."""
        counts = [axis.blocks for axis in self.axes]
        return np.ravel_multi_index(tuple((-classes % counts).T), tuple(counts))


def symbol(kernel: np.ndarray, geometry: Geometry, positions: Sequence[int]) -> Symbol:
    """The symbol of a convolution on a torus of these many positions per axis."""
    rows, columns = geometry.block
    taps = kernel.shape[:-2] if geometry.last else kernel.shape[2:]
    if geometry.last:  # taps, C / G, G, O / G
        grouped = np.moveaxis(kernel.reshape(*taps, columns, geometry.groups, rows), -3, -1)
    else:
        grouped = np.moveaxis(kernel.reshape(geometry.groups, rows, columns, *taps), (0, 1, 2), (-3, -2, -1))
    axes = tuple(
        Torus(n, axis.stride, axis.input_dilation, axis.dilation, axis.window, axis.low)
        for n, axis in zip(positions, geometry.axes, strict=True)
    )
    return Symbol(grouped.astype(np.float64), axes)
