"""One trial: a subject at one shape and dtype, its items, and everything the laws want to look at, computed once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

import jax
import numpy as np

from verify import _precision, intermediates, overflow, stripping, tolerance
from verify.batched import Batched
from verify.domain import Domain
from verify.items import Item, stack
from verify.power import Power
from verify.problem import Arrays, Problem
from verify.report import Cell, Diagnosis, Finding
from verify.reproduce import lines as reproduce_lines
from verify.subject import Answers, BackwardSubject, RuleError, RuleSubject
from verify.witness import AutodiffWitness, NumbersWitness

Subject = RuleSubject | BackwardSubject

# lower-case fragments of LAPACK's names stay as JAX spells them
_DECOMPOSITIONS = (
    "cholesky eig eigh geqrf householder_product lu qr schur svd triangular_solve tridiagonal_solve custom_linear_solve"
).split()


@dataclasses.dataclass
class Trial:
    """Answers of the subject and of the witnesses at `items`; every array is stacked over the items.

    A `brief` trial (another shape than the example's) looks at the rule in float64 only: faults of one dtype show at
    the example's shape too, and every program less is a tenth of a second.
    """

    subject: Subject
    items: list[Item]
    autodiff: AutodiffWitness | None
    numbers: AutodiffWitness | NumbersWitness
    rng: np.random.Generator
    brief: bool = False
    domains: Sequence[Domain | None] = ()
    silenced: np.ndarray | None = None  # items at which an infinite output's cotangent was set to zero
    conventions: set[str] = dataclasses.field(default_factory=set)  # labels of items at which a convention was accepted
    surrogates: set[int] = dataclasses.field(default_factory=set)  # leaves whose cotangent no witness can judge
    findings: list[tuple[str, Finding]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    _overflows: dict[bool, np.ndarray] = dataclasses.field(default_factory=dict, init=False)
    power: list[Power] = dataclasses.field(default_factory=list)
    cells: list[Cell] = dataclasses.field(default_factory=list)

    @property
    def problem(self) -> Problem:
        """The problem at this trial's shape."""
        return self.subject.problem

    @property
    def entries(self) -> int:
        """Entries of one point: what the cost of running grows with."""
        return self.items[0].size

    @cached_property
    def answers(self) -> Answers:
        """The subject's answers in the user's dtype."""
        return self.subject.answers(self.items)

    @cached_property
    def answers64(self) -> Answers | None:
        """The subject's answers in float64, or None where the rule does not run there (noted)."""
        try:
            return self.subject.answers(self.items, double=True)
        except RuleError as error:
            if not self.brief:
                self.notes.append(f"the rule was not examined in float64: {error}")
            return None

    @cached_property
    def floats(self) -> Arrays:
        """The points, stacked."""
        return stack([item.floats for item in self.items])

    @cached_property
    def others(self) -> Arrays:
        """The non-differentiable arrays, stacked."""
        return stack([item.others for item in self.items]) if self.items[0].others else ()

    @cached_property
    def cotangents(self) -> Arrays:
        """The cotangents, stacked."""
        return stack([item.cotangents for item in self.items])

    @cached_property
    def _witnessed(self) -> tuple[Arrays, Arrays, Arrays, np.ndarray]:
        """Witness outputs and gradients, and what one-rounding jitter does to these: their spread, and any jump."""
        assert self.autodiff is not None
        points = (*_precision.to_float64(self.floats), *_precision.to_float64(self.cotangents))
        stacks = [points, *tolerance.jittered(points, self.dtype, self.rng)]
        joined = tuple(np.concatenate(leaves) for leaves in zip(*stacks, strict=True))
        others = tuple(np.concatenate([n] * len(stacks)) for n in self.others)
        ys, gs = self.autodiff.gradients(joined[: len(self.floats)], others, joined[len(self.floats) :])
        count = len(self.items)
        rows = tuple(g.reshape(len(stacks), count, *g.shape[1:]) for g in gs)
        spread = tuple(tolerance.spread(r[0], r[1:], self.dtype) for r in rows)
        jumps = np.any([tolerance.jumps(r[0], r[1:]) for r in rows], axis=0)
        return tuple(y[:count] for y in ys), tuple(r[0] for r in rows), spread, jumps

    @property
    def witness_outputs(self) -> Arrays:
        """The primal's outputs in float64."""
        return self._witnessed[0]

    @property
    def witness(self) -> Arrays:
        """The gradients by autodiff of the rule-free primal, in float64."""
        return self._witnessed[1]

    @property
    def spread(self) -> Arrays:
        """How far the witness moves when inputs and cotangents move by one rounding of the user's dtype."""
        return self._witnessed[2]

    @property
    def jumps(self) -> np.ndarray:
        """At which items the witness jumps within one rounding: two programs may find themselves on either side."""
        return self._witnessed[3]

    @cached_property
    def peer_errors(self) -> Arrays:
        """How far autodiff of the rule-free primal is off in the user's dtype: the largest error per item and leaf.

        Compiled only when somebody asks: it decides whether a rule that is right in float64 loses more than need be.
        """
        assert self.autodiff is not None
        errors = []
        for g, expected in zip(
            self.autodiff.native_gradients(self.floats, self.others, self.cotangents), self.witness, strict=True
        ):
            off = np.abs(np.asarray(g, np.float64) - expected).reshape(len(g), -1)
            off = np.where(np.isfinite(off), off, np.inf).max(axis=1, initial=0.0)
            errors.append(off.reshape(-1, *[1] * (expected.ndim - 1)))
        return tuple(errors)

    @cached_property
    def length(self) -> int:
        """How many roundings pile up in forward and backward pass of the rule-free primal."""
        if self.autodiff is None:
            arrays = (*self.items[0].floats, *self.items[0].others, *self.items[0].cotangents)
            return max((n for a in arrays for n in np.shape(a)), default=1)  # sums run along an axis

        def both(xs: Arrays, ns: Arrays, ws: Arrays) -> Arrays:
            _, pullback = jax.vjp(lambda *x: self.autodiff.call(x, ns), *xs)  # type: ignore[union-attr]
            return pullback(ws)

        item = self.items[0]
        return tolerance.roundings(jax.make_jaxpr(both)(item.floats, item.others, item.cotangents))

    @cached_property
    def internal_precision(self) -> Any:
        """The narrowest float dtype inside rule or primal when run on float64 inputs, None if it is float64 throughout.

        A rule that casts to float32 inside is right to float32 precision only, whatever its inputs are.
        """
        if self.answers64 is None:
            return None
        if not self.subject.traceable:  # nobody sees inside; what comes out narrow was computed so
            return _narrowest(y.dtype for y in (*self.answers64.primal, *self.answers64.cotangents))
        item = self.items[0]
        floats, cotangents = _precision.to_float64(item.floats), _precision.to_float64(item.cotangents)
        return _narrowest_inside(self.subject.one, floats, item.others, cotangents)

    @cached_property
    def unit(self) -> float:
        """The unit roundoff of the numbers: larger than float64's where the primal itself casts down inside.

        What the rule casts down is no excuse here: the numbers never run it.
        """
        if isinstance(self.numbers, AutodiffWitness):  # JAX sees inside, whether or not it has a derivative
            item = self.items[0]
            narrow = _narrowest_inside(self.numbers.call, _precision.to_float64(item.floats), item.others)
        else:
            narrow = None if self.answers64 is None else _narrowest(y.dtype for y in self.answers64.primal)
        return _precision.unit_roundoff(narrow or np.float64)

    @property
    def cotangent_scale(self) -> np.ndarray:
        """The largest cotangent entry of every item."""
        return np.max(
            [np.abs(np.asarray(w, np.float64).reshape(len(w), -1)).max(axis=1) for w in self.cotangents], axis=0
        )

    @cached_property
    def largest_intermediate(self) -> np.ndarray:
        """The largest intermediate of rule and primal at every item; zeros where they cannot be traced.

        Compiled only when somebody asks: it decides whether a small difference is a rounding of large terms.
        """
        if not self.subject.traceable or self.answers64 is None:
            return np.zeros(len(self.items))
        program = Batched(intermediates.largest(self.subject.one), self.entries, double=True)
        sizes = program(_precision.to_float64(self.floats), self.others, _precision.to_float64(self.cotangents))
        # at ordinary points a large intermediate is a constant (a mask of -1e9), which cancels nothing
        return np.where([item.ordinary for item in self.items], 0.0, np.asarray(sizes))

    @cached_property
    def primal_accurate(self) -> np.ndarray:
        """At which items the primal in the user's dtype has its first digits right: where it works, a rule must."""
        accurate = np.ones(len(self.items), bool)
        for y, wide in zip(self.answers.primal, self.witness_outputs, strict=True):
            flat, expected = (np.asarray(a, np.float64).reshape(len(accurate), -1) for a in (y, wide))
            off = np.abs(flat - expected).max(axis=1, initial=0.0)
            accurate &= off <= 2.0**-6 * np.abs(expected).max(axis=1, initial=0.0)
        return accurate

    def rests_on_overflow(self, double: bool) -> np.ndarray:
        """At which items the primal, in float64 or in the user's dtype, is finite only by way of an overflow.

        Compiled only when somebody asks: it decides whether a derivative must be finite.
        """
        if self.autodiff is None:
            return np.zeros(len(self.items), bool)
        if double not in self._overflows:
            program = Batched(overflow.poisoned(self.autodiff.call), self.entries, double=double)
            outputs = program(_precision.to_float64(self.floats) if double else self.floats, self.others)
            flat = [np.asarray(y, np.float64).reshape(len(self.items), -1) for y in outputs]
            self._overflows[double] = np.any([np.isnan(y).any(axis=1) for y in flat], axis=0)
        return self._overflows[double]

    @cached_property
    def underflows(self) -> np.ndarray:
        """At which items the primal underflows on the way in float64, so that no witness is right there.

        None for a narrower example, which leaves its own range long before float64's.
        """
        if self.autodiff is None or self.dtype != np.float64:
            return np.zeros(len(self.items), bool)
        return np.asarray(
            Batched(overflow.underflows(self.autodiff.call), self.entries, double=True)(self.floats, self.others)
        )

    @cached_property
    def iterative(self) -> bool:
        """Whether the primal holds a loop whose length depends on its data."""
        if not self.subject.traceable:
            return False
        return self._primal_has("while")

    @property
    def stops_gradients(self) -> bool:
        """Whether the primal holds a stop_gradient."""
        return self.subject.traceable and self._primal_has("stop_gradient")

    @cached_property
    def decomposes(self) -> bool:
        """Whether the primal decomposes or inverts a matrix."""
        return self.subject.traceable and self._primal_has(*_DECOMPOSITIONS)

    def first_infinity(self, i: int) -> str | None:
        """The primitive that makes the rule's first infinity or NaN at item i, in the user's dtype; None if unknown."""
        if not self.subject.traceable:
            return None
        item = self.items[i]
        return overflow.first_infinity(self.subject.one, item.floats, item.others, item.cotangents)

    def _primal_has(self, *primitives: str) -> bool:
        item = self.items[0]
        program = jax.make_jaxpr(self.problem.call)(item.floats, item.others)
        return any(eqn.primitive.name in primitives for eqn in stripping.equations(program))

    @cached_property
    def dtype(self) -> Any:
        """The least precise dtype among float inputs and outputs: the one that tolerances are made for."""
        return max((np.asarray(a).dtype for a in (*self.floats, *self.cotangents)), key=_precision.unit_roundoff)

    def mute(self, i: int, gradients: Arrays) -> bool:
        """Whether item i says nothing as a whole: an infinite output was silenced, and 0 times infinity came back."""
        silenced = self.silenced is not None and bool(self.silenced[i])
        return silenced and not all(np.isfinite(g[i]).all() for g in gradients)

    def silence_infinite_outputs(self) -> None:
        """Where an output is infinite (a masked logit), set its cotangent to zero: the other outputs still count."""
        outputs = (self.answers64 if self.brief and self.answers64 is not None else self.answers).primal
        infinite = [np.isinf(np.asarray(y, np.float64)) for y in outputs]
        silenced = np.any([y.reshape(len(y), -1).any(axis=1) for y in infinite], axis=0)
        if not silenced.any():
            return
        for i in np.flatnonzero(silenced):
            weights = zip(self.items[i].cotangents, infinite, strict=True)
            quiet = tuple(np.where(y[i], 0, w).astype(w.dtype) for w, y in weights)
            self.items[i] = dataclasses.replace(self.items[i], cotangents=quiet)
        for name in ("answers", "answers64", "cotangents"):
            self.__dict__.pop(name, None)  # what was computed from the old cotangents
        self.silenced = silenced

    @cached_property
    def valid(self) -> np.ndarray:
        """Which items count: the primal is finite there, in the user's dtype and in float64.

        Outputs with cotangent zero may be infinite (see `silence_infinite_outputs`), unless all of them are.
        """
        sources = [] if self.brief and self.answers64 is not None else [self.answers.primal]
        if self.autodiff is not None:
            sources.append(self.witness_outputs)
        ok = np.ones(len(self.items), bool)
        for outputs in sources:
            some = np.zeros(len(ok), bool)
            for y, w in zip(outputs, self.cotangents, strict=True):
                wide, weight = (np.asarray(a, np.float64).reshape(len(ok), -1) for a in (y, w))
                finite = np.isfinite(wide)
                ok &= (finite | (np.isinf(wide) & (weight == 0))).all(axis=1)
                some |= finite.any(axis=1)
            ok &= some
        return ok

    def row(self, arrays: Arrays, i: int) -> Arrays:
        """Item i of a stacked tuple."""
        return tuple(np.asarray(a[i]) for a in arrays)

    def one_row(self, arrays: Arrays, i: int) -> Arrays:
        """Item i of a stacked tuple, still stacked: a stack of one."""
        return tuple(np.asarray(a[i])[None] for a in arrays)

    def passed(self, law: str, argument: str | None = None, **fields: Any) -> None:
        """Record that a law held."""
        self.findings.append(("passed", Finding(law, argument, **fields)))

    def failed(self, law: str, argument: str | None, item: Item | None = None, **fields: Any) -> None:
        """Record that a law failed, with its example and the lines that show it again."""
        self.findings.append(("failures", self._told(law, argument, item, fields)))

    def left_open(
        self, law: str, argument: str | None, reason: str | Diagnosis, item: Item | None = None, **fields: Any
    ) -> None:
        """Record that no witness could decide."""
        fields["diagnosis"] = reason if isinstance(reason, Diagnosis) else Diagnosis("inconclusive", reason)
        self.findings.append(("inconclusive", self._told(law, argument, item, fields)))

    def cell(self, name: str, verdict: str, ratio: float | None = None) -> None:
        """Record one line of the table of transformations."""
        self.cells.append(Cell(name, verdict, ratio))

    def _told(self, law: str, argument: str | None, item: Item | None, fields: dict[str, Any]) -> Finding:
        if item is not None:
            fields.setdefault("example", (self.problem.arguments(item.floats, item.others), item.cotangents))
            if "reproduce" not in fields:
                fields["reproduce"] = reproduce_lines(self.problem, self.subject, item, argument, fields.get("index"))
        where = self.problem.name if self.problem.where is None else f"{self.problem.name}, {self.problem.where}"
        return Finding(law, argument, where=where, **fields)


def _narrowest(dtypes: Iterable[Any]) -> Any:
    """The least precise of the floating dtypes, None if that is float64."""
    real = {dtype for dtype in map(_precision.real_dtype, dtypes) if dtype is not None}
    narrowest = max(real, key=_precision.unit_roundoff, default=np.dtype(np.float64))
    return None if narrowest == np.float64 else narrowest


def _narrowest_inside(fun: Callable[..., Any], *args: Arrays) -> Any:
    with _precision.double_precision():
        program = jax.make_jaxpr(fun)(*args)
    outputs = (var.aval for eqn in stripping.equations(program) for var in eqn.outvars)
    return _narrowest(aval.dtype for aval in outputs if hasattr(aval, "dtype"))
