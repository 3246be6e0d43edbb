"""What is wrong with a wrong block of a Jacobian: named faults are tried on it; else which rows and columns are wrong.

    code               the block that was claimed is
    sign, zero         minus the right one; zero
    transposed         the transpose of the right one
    constant-factor    a fixed multiple
    diagonal-only      the diagonal of the right one
    axes-reversed      that by a transposed argument, or of a transposed output: flattened in column-major order
    reversed, shifted  the right one with rows or columns in reverse, or k places further
    other-argument     that of another argument
    exchanged          right but for two rows or two columns in each other's place
    one-entry, one-row, one-column, on-the-diagonal, off-the-diagonal, entries: where it is wrong, not why

A fault is named if it explains the block at the example and, of a function, at another point as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from verify.jacobian.blocks import Shape
from verify.report import Diagnosis

_FARTHEST = 3  # places that rows or columns are looked for further on
_DIGITS = 1e-6  # to which a constant factor is one


class Block(NamedTuple):
    """A block at one point, [rows, columns]: the right one, what was claimed, and what rounding may do.

    `others` are the right blocks of all arguments, this one included; `output` and `argument` the shapes of its sides.
    """

    right: np.ndarray
    found: np.ndarray
    allowed: np.ndarray
    others: dict[str, np.ndarray]
    output: Shape
    argument: Shape

    @property
    def wrong(self) -> np.ndarray:
        """The entries that differ by more than rounding; NaN is wrong."""
        return ~(np.abs(self.found - self.right) <= self.allowed)

    def close(self, candidate: np.ndarray) -> bool:
        """Whether this is what was claimed, to rounding."""
        if candidate.shape != self.found.shape:
            return False
        slack = self.allowed.max() + _DIGITS * np.abs(candidate)
        return bool((np.abs(self.found - candidate) <= slack).all())


class _Candidate(NamedTuple):
    code: str
    told: str
    produce: Callable[[Block], np.ndarray | None]


def diagnosed(blocks: Sequence[Block], path: str) -> Diagnosis:
    """The named fault that explains every one of `blocks` (the first is shown), else where the first is wrong."""
    first = blocks[0]
    if first.wrong.sum() > 1:  # one entry can be explained by anything
        for candidate in _candidates(first, path):
            if all(_explains(candidate, block) for block in blocks):
                return Diagnosis(candidate.code, candidate.told)
    return _where(first)


def _explains(candidate: _Candidate, block: Block) -> bool:
    produced = candidate.produce(block)
    return produced is not None and block.close(produced)


def _candidates(block: Block, path: str) -> Iterator[_Candidate]:
    whole = f"The block of `{path}`"
    yield _Candidate("sign", f"{whole} is minus the right one.", lambda b: -b.right)
    yield _Candidate("zero", f"{whole} is zero.", lambda b: np.zeros_like(b.right))
    yield _Candidate("transposed", f"{whole} is the right one transposed.", lambda b: b.right.T)
    factor = _factor(block)
    if factor is not None:
        yield _Candidate("constant-factor", f"{whole} is the right one times {factor:.6g}.", lambda b: factor * b.right)
    if block.right.shape[0] == block.right.shape[1]:
        told = f"{whole} is the diagonal of the right one."
        yield _Candidate("diagonal-only", told, lambda b: np.diag(np.diag(b.right)))
    told = f"{whole} has the axes of its {{}} in reverse: transposed, or flattened in column-major order."
    yield _Candidate("axes-reversed", told.format("argument"), lambda b: _refolded(b.right, b.argument))
    yield _Candidate("axes-reversed", told.format("output"), lambda b: _refolded(b.right.T, b.output).T)
    for axis, name in enumerate(("rows", "columns")):
        told = f"{whole} has its {name} in reverse."
        yield _Candidate("reversed", told, partial(_flipped, axis=axis))
        for k in (sign * steps for steps in range(1, _FARTHEST + 1) for sign in (1, -1)):
            told = f"{whole} has its {name} {abs(k)} places too {'late' if k > 0 else 'early'}."
            yield _Candidate("shifted", told, partial(_shifted, axis=axis, k=k))
    for other in block.others:
        if other != path:
            told = f"{whole} is that of `{other}`."
            yield _Candidate("other-argument", told, partial(_other, path=other))


def _flipped(block: Block, axis: int) -> np.ndarray:
    return np.flip(block.right, axis)


def _other(block: Block, path: str) -> np.ndarray:
    return block.others[path]


def _factor(block: Block) -> float | None:
    """What the largest entry was multiplied by."""
    at = np.unravel_index(np.argmax(np.abs(block.right)), block.right.shape)
    if block.right[at] == 0 or not np.isfinite(block.found[at]):
        return None
    factor = float(f"{block.found[at] / block.right[at]:.6g}")
    return None if factor in (0.0, 1.0) else factor


def _refolded(matrix: np.ndarray, shape: Shape) -> np.ndarray:
    """Columns that stand for the entries of `shape` in row-major order, in column-major order instead."""
    return matrix.reshape(-1, *shape).transpose(0, *range(len(shape), 0, -1)).reshape(matrix.shape)


def _shifted(block: Block, axis: int, k: int) -> np.ndarray | None:
    """Moved along, going around or with zeros coming in: whichever was claimed."""
    if abs(k) >= block.right.shape[axis]:
        return None
    around = np.roll(block.right, k, axis)
    filled = around.copy()
    np.moveaxis(filled, axis, 0)[slice(0, k) if k > 0 else slice(k, None)] = 0
    return filled if block.close(filled) else around


def _where(block: Block) -> Diagnosis:
    wrong = block.wrong
    rows, columns = np.flatnonzero(wrong.any(axis=1)), np.flatnonzero(wrong.any(axis=0))
    for axis, at, name in ((0, rows, "rows"), (1, columns, "columns")):
        for one, other in itertools.pairwise(at) if len(at) == 2 else ():
            order = np.arange(wrong.shape[axis])
            order[[one, other]] = other, one
            if block.close(np.take(block.right, order, axis)):
                return Diagnosis("exchanged", f"The {name} {one} and {other} are in each other's place.")
    if len(rows) == 1 and len(columns) == 1:
        return Diagnosis("one-entry", f"Only the entry in row {rows[0]}, column {columns[0]} is wrong.")
    if len(rows) == 1:
        return Diagnosis("one-row", f"Only row {rows[0]} is wrong{_multiple(block, rows[0], 0)}.")
    if len(columns) == 1:
        return Diagnosis("one-column", f"Only column {columns[0]} is wrong{_multiple(block, columns[0], 1)}.")
    if wrong.shape[0] == wrong.shape[1]:
        diagonal = np.eye(len(wrong), dtype=bool)
        if not wrong[~diagonal].any():
            return Diagnosis("on-the-diagonal", "Only the diagonal is wrong.")
        if not wrong[diagonal].any() and wrong[~diagonal].all():
            return Diagnosis("off-the-diagonal", "Everything is wrong but the diagonal.")
    counts = f"{len(rows)} of {wrong.shape[0]} rows and {len(columns)} of {wrong.shape[1]} columns"
    return Diagnosis("entries", f"{int(wrong.sum())} of {wrong.size} entries are wrong, in {counts}.")


def _multiple(block: Block, at: int, axis: int) -> str:
    """What a wrong row or column is a multiple of, if it is one of the right one."""
    right, found, allowed = (np.take(part, [at], axis) for part in (block.right, block.found, block.allowed))
    line = block._replace(right=right, found=found, allowed=allowed)
    factor = _factor(line)
    if factor is None or not line.close(factor * right):
        return ""
    return f": it is the right one times {factor:.6g}"
