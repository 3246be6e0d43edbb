"""The answers of a subject and of its witness at the points of a trial, each computed once, when first asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from verify import _precision, tolerance
from verify.domain import Domain
from verify.items import Item, stack
from verify.outcome import Outcome
from verify.problem import Arrays
from verify.subject import Answers, RuleError
from verify.witness import AutodiffWitness, NumbersWitness


@dataclasses.dataclass
class Answered(Outcome):
    """Answers of the subject and of the witnesses at `items`; every array is stacked over the items.

    A `brief` trial (another shape than the example's) looks at the rule in float64 only: faults of one dtype show at
    the example's shape too, and every program less is a tenth of a second.
    """

    items: list[Item]
    autodiff: AutodiffWitness | None
    numbers: AutodiffWitness | NumbersWitness
    rng: np.random.Generator
    brief: bool = False
    domains: Sequence[Domain | None] = ()
    silenced: np.ndarray | None = None  # items at which an infinite output's cotangent was set to zero

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

    @property
    def cotangent_scale(self) -> np.ndarray:
        """The largest cotangent entry of every item."""
        return np.max(
            [np.abs(np.asarray(w, np.float64).reshape(len(w), -1)).max(axis=1) for w in self.cotangents], axis=0
        )

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
