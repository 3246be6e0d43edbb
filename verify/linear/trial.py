"""One trial of a linear function: what is asked, what is claimed, and what was found."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from verify import _precision, compare, tolerance
from verify.linear.bands import Bands, infer
from verify.linear.claims import Claim
from verify.linear.probing import Probe
from verify.problem import describe
from verify.report import Diagnosis, Finding, Report
from verify.reproduce import import_line

_ALL = 2**22  # entries of a matrix up to which every one is looked at


@dataclasses.dataclass
class LinearTrial:
    """A function, and the matrix that it is said to have, if any; `about` says what brought the matrix."""

    probe: Probe
    claim: Claim | None
    seed: int
    about: str = "matrix"
    failures: list[Finding] = dataclasses.field(default_factory=list)
    held: list[Finding] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    began: float = dataclasses.field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    @cached_property
    def at_zero(self) -> np.ndarray:
        """What the function makes of 0."""
        return self.probe.many(np.zeros((1, self.probe.inputs)))[0]

    @property
    def small(self) -> bool:
        """Whether every entry of the matrix can be looked at."""
        return self.probe.inputs * self.probe.outputs <= _ALL

    @cached_property
    def bands(self) -> Bands | None:
        """Where the function's entries lie, from the inputs along all axes through the middle."""
        shape = self.probe.shape
        middle = [n // 2 for n in shape]
        lines = [(*middle[:a], i, *middle[a + 1 :]) for a, n in enumerate(shape) for i in range(n)]
        cross = np.unique(np.ravel_multi_index(tuple(np.asarray(lines).T), shape))
        at = np.arange(self.probe.inputs) if self.small else cross
        columns = self.columns(at)
        scale = np.abs(columns).max(axis=0)
        noise = np.abs(columns) <= self.allowed(scale, scale)  # of a Fourier transform, for one
        return infer(np.where(noise, 0, columns), at, shape, self.probe.out_shape)

    def columns(self, at: np.ndarray) -> np.ndarray:
        """Columns of the function's matrix, with what it makes of 0 taken off, [outputs, n]."""
        return self.probe.columns(at) - self.at_zero[:, None]

    def integers(self, count: int, length: int, largest: int = 3) -> np.ndarray:
        """Vectors of whole numbers."""
        return self.rng.integers(-largest, largest + 1, (count, length)).astype(self.probe.dtype)

    def allowed(self, expected: np.ndarray, scale: np.ndarray | float) -> np.ndarray:
        """What rounding may do to `expected`, computed from terms of size `scale`."""
        spread = _precision.unit_roundoff(self.probe.dtype) * np.broadcast_to(scale, expected.shape)
        return tolerance.bound(self.probe.dtype, expected, spread, self.probe.length)

    def passed(self, law: str, argument: str, entry: compare.Entry, sentence: str | None = None) -> None:
        """Record a law that holds, with its worst entry."""
        diagnosis = None if sentence is None else Diagnosis("held", sentence)
        self.held.append(Finding(law, argument, diagnosis=diagnosis, **entry.margin()))

    def failed(
        self,
        law: str,
        argument: str,
        entry: compare.Entry | None,
        diagnosis: Diagnosis | None,
        shown: Sequence[str] = (),
    ) -> None:
        """Record a law that does not; `entry` is None where shapes differ, `shown` are lines that show it again."""
        fields = {} if entry is None else entry.fields()
        lines = ("import numpy as np", import_line("fun", self.probe.fun), *shown) if shown else ()
        where = describe(self.probe.fun)[1]
        self.failures.append(Finding(law, argument, diagnosis=diagnosis, where=where, reproduce=lines, **fields))

    def entry_failed(self, law: str, at: tuple[int, int], entry: compare.Entry, diagnosis: Diagnosis | None) -> None:
        """Record a wrong entry (row, column) of the matrix."""
        row, column = at
        name, probe = self.probe.dtype.name, self.probe
        shown = [
            f"# {self.about} = what was passed to the check",
            f"e = np.zeros({probe.inputs}, {name!r})",
            f"e[{column}] = 1",
            f"print(np.asarray(fun(e.reshape({probe.shape}))).reshape(-1)[{row}])",
        ]
        if self.about == "matrix":
            shown.append(f"print((matrix @ e)[{row}])")
        else:
            shown += [f"w = np.zeros({probe.outputs}, {name!r})", f"w[{row}] = 1"]
            shown.append(f"print(np.asarray(adjoint(w.reshape({probe.out_shape}))).reshape(-1)[{column}])")
        self.failed(law, self.about, dataclasses.replace(entry, index=at), diagnosis, shown)

    def report(self) -> Report:
        """What was found."""
        name, seconds = describe(self.probe.fun)[0], time.monotonic() - self.began
        return Report(name, tuple(self.failures), (), tuple(self.held), tuple(self.notes), seconds)
