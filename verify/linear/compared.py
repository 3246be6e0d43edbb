"""The columns of a function and of the matrix that claims to be it, side by side."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from verify.linear.bands import Bands, Offset


@dataclasses.dataclass(frozen=True)
class Compared:
    """`right` and `found`, both [outputs, columns] in float64 (or complex).

    Attributes:
        columns: their numbers in the whole matrix; with bands, always those of all channels of a position together.
        inputs: how many the whole matrix has.
        allowed: what an entry may be off by for rounding, one number per column.
        bands: where entries lie, None if that is not known.
    """

    right: np.ndarray
    found: np.ndarray
    columns: np.ndarray
    inputs: int
    allowed: np.ndarray
    bands: Bands | None

    @property
    def complete(self) -> bool:
        """Whether these are all columns, in order."""
        return len(self.columns) == self.inputs and bool((self.columns == np.arange(self.inputs)).all())

    @cached_property
    def wrong(self) -> np.ndarray:
        """The entries that differ by more than rounding; NaN is wrong."""
        return ~(np.abs(self.found - self.right) <= self.allowed)

    def equal(self, one: np.ndarray, other: np.ndarray) -> bool:
        """Whether two arrays of such columns, or of blocks of them, differ by no more than rounding."""
        return bool((np.abs(one - other) <= self.allowed.max()).all())

    def factor(self, found: np.ndarray, right: np.ndarray) -> float | None:
        """The number other than 1 by which all of `right` was multiplied, to six digits; None if there is none."""
        at = np.unravel_index(np.argmax(np.abs(right)), right.shape)
        if right[at] == 0 or not np.isfinite(found[at]) or np.iscomplexobj(found):
            return None
        factor = float(f"{found[at] / right[at]:.6g}")
        close = np.abs(found - factor * right) <= 1e-6 * abs(factor) * np.abs(right) + self.allowed.max()
        return factor if factor not in (0.0, 1.0) and close.all() else None

    def worst(self, rows: np.ndarray, places: np.ndarray) -> tuple[int, int]:
        """(row, column) of the largest error among these entries."""
        rows, places = (a.reshape(-1) for a in np.broadcast_arrays(rows, places))
        errors = np.abs(self.found[rows, places] - self.right[rows, places])
        at = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
        return int(rows[at]), int(self.columns[places[at]])

    def block(self, offset: Offset) -> tuple[np.ndarray, np.ndarray]:
        """Rows [positions, output channels, 1] and places [positions, 1, input channels] of a band.

        Places are those in `columns`; positions of which no column is known are left out.
        """
        assert self.bands is not None
        rows, columns = self.bands.blocks(offset)
        places = self._place[columns]
        known = (places >= 0).all(axis=(1, 2))
        return rows[known], places[known]

    @cached_property
    def kernel(self) -> dict[Offset, np.ndarray]:
        """What the function holds at every tap, [output channels, input channels]; without taps that meet nothing."""
        assert self.bands is not None
        blocks = ((offset, self.block(offset)) for offset in self.bands.taps)
        return {offset: self.right[rows[0], places[0]] for offset, (rows, places) in blocks if len(rows)}

    def matrix_of(self, kernel: dict[Offset, np.ndarray]) -> np.ndarray:
        """The columns of the matrix that holds these values at these offsets."""
        matrix = np.zeros_like(self.right)
        for offset, values in kernel.items():
            rows, places = self.block(offset)
            matrix[rows, places] = values
        return matrix

    @cached_property
    def _place(self) -> np.ndarray:
        places = np.full(self.inputs, -1)
        places[self.columns] = np.arange(len(self.columns))
        return places
