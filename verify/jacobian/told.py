"""Findings about cotangents, told as what they are of a Jacobian: an entry in a row and a column."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from verify import _precision
from verify.comparison import Comparison, Query, ask
from verify.items import Item
from verify.jacobian import points
from verify.jacobian.blocks import Shape, column
from verify.jacobian.faults import Block, diagnosed
from verify.jacobian.subject import JacobianSubject
from verify.report import Diagnosis, Finding
from verify.reproduce import jacobian_lines
from verify.trial import Trial

_ASKED = 64  # rows of a column that the numbers are asked for


@dataclasses.dataclass(frozen=True)
class Teller:
    """A trial, the comparison in the user's precision, and the shapes of the outputs."""

    trial: Trial
    seen: Comparison | None
    outputs: tuple[Shape, ...]
    every_row: bool

    def finding(self, finding: Finding) -> Finding:
        """The finding of a wrong (or undecided) entry of a cotangent, with the entry's place in the Jacobian."""
        trial, path = self.trial, finding.argument
        if path not in trial.problem.float_paths or finding.index is None:
            return finding
        leaf, place = trial.problem.float_paths.index(str(path)), finding.index
        item = next(item for item in trial.items if item.cotangents is finding.example[1])
        row = points.row_of(item)
        if row is None:
            blamed = self._blamed(item, leaf, place)
            if blamed is None:
                return dataclasses.replace(finding, example=finding.example[0], reproduce=())
            row, actual, right = blamed
            if not isinstance(finding.expected, str):
                finding = dataclasses.replace(finding, actual=actual, expected=right, error=abs(actual - right))
        number, entry = self._output(row)
        diagnosis = finding.diagnosis
        if diagnosis is None:
            diagnosis = self._diagnosis(number, leaf, str(path), item)
        subject = trial.subject
        assert isinstance(subject, JacobianSubject)
        claimed = None if subject.fixed else subject.backward
        return dataclasses.replace(
            finding,
            index=(*entry, *place),
            diagnosis=diagnosis,
            example=finding.example[0],
            reproduce=jacobian_lines(
                trial.problem, claimed, item, str(path), (*entry, *place), beside=trial.autodiff is not None
            ),
        )

    def _output(self, row: int) -> tuple[int, tuple[int, ...]]:
        """The number of the output that a row belongs to, and the entry of that output."""
        for number, shape in enumerate(self.outputs):
            size = math.prod(shape)
            if row < size:
                return number, tuple(int(k) for k in np.unravel_index(row, shape))
            row -= size
        raise AssertionError("there is no such row")

    def _blamed(self, item: Item, leaf: int, index: tuple[int, ...]) -> tuple[int, float, float] | None:
        """Of a wrong combination of rows, the one most to blame: (row, what was claimed there, what is right)."""
        right, subject = self._column(item, leaf, index), self.trial.subject
        if right is None:
            return None
        assert isinstance(subject, JacobianSubject)
        at = int(np.ravel_multi_index(index, np.shape(item.floats[leaf])))
        blocks = subject.blocks(tuple(np.array(x) for x in item.floats), item.others)
        found = np.concatenate([column(row[leaf], at) for row in blocks])
        off = np.abs(found - right)
        row = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
        return row, float(found[row]), float(right[row])

    def _column(self, item: Item, leaf: int, index: tuple[int, ...]) -> np.ndarray | None:
        """The right column of an argument's entry: in forward mode, or by numbers if these are not too many."""
        trial = self.trial
        if trial.autodiff is not None:
            directions = [np.zeros((1, *np.shape(x))) for x in item.floats]
            directions[leaf][(0, *index)] = 1
            floats, others = (tuple(np.asarray(a)[None] for a in part) for part in (item.floats, item.others))
            tangents = trial.autodiff.tangents(floats, others, tuple(directions))
            return np.concatenate([np.asarray(part, np.float64).reshape(-1) for part in tangents])
        count = sum(math.prod(shape) for shape in self.outputs)
        if count > _ASKED:
            return None
        rows = points.units(item.label, item.floats, item.others, item.cotangents, np.arange(count))
        asked = dataclasses.replace(trial, items=rows)
        return np.asarray([slope.value for slope in ask(asked, [Query(i, leaf, index) for i in range(count)])])

    def _diagnosis(self, number: int, leaf: int, path: str, item: Item) -> Diagnosis | None:
        if self.seen is None or not self.every_row:
            return None
        found = [self._block(label, number, leaf) for label in (points.EXAMPLE, points.ELSEWHERE)]
        blocks = [block for block in found if block is not None and block.wrong.any()]
        if not blocks:
            return Diagnosis("special-point", f"Wrong at {item.label}, and right at the example.")
        told = diagnosed(blocks, path)
        several = f" (output {number})" if len(self.outputs) > 1 else ""
        return told._replace(sentence=told.sentence[:-1] + several + ".")

    def _block(self, label: str, number: int, leaf: int) -> Block | None:
        trial, seen = self.trial, self.seen
        assert seen is not None
        own = [i for i, item in enumerate(trial.items) if item.label == label and points.row_of(item) is not None]
        sizes = [math.prod(shape) for shape in self.outputs]
        if len(own) != sum(sizes):
            return None
        rows = own[sum(sizes[:number]) : sum(sizes[: number + 1])]
        shape = (len(rows), -1)
        right = {p: w[rows].reshape(shape) for p, w in zip(trial.problem.float_paths, trial.witness, strict=True)}
        path = trial.problem.float_paths[leaf]
        return Block(
            right[path],
            _precision.to_float64([seen.actual[leaf]])[0][rows].reshape(shape),
            seen.allowed[leaf][rows].reshape(shape),
            right,
            self.outputs[number],
            np.shape(trial.floats[leaf])[1:],
        )
