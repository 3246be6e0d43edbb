"""One trial: a subject at one shape and dtype, its answers, and what its programs are asked about them.

How many roundings pile up, which precision is left inside, what overflows on the way: each is found out once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import jax
import numpy as np

from verify import _precision, intermediates, overflow, stripping, tolerance
from verify.answered import Answered
from verify.batched import Batched
from verify.outcome import Subject as Subject
from verify.problem import Arrays
from verify.witness import AutodiffWitness

# lower-case fragments of LAPACK's names stay as JAX spells them
_DECOMPOSITIONS = (
    "cholesky eig eigh geqrf householder_product lu qr schur svd triangular_solve tridiagonal_solve custom_linear_solve"
).split()


@dataclasses.dataclass
class Trial(Answered):
    """Everything that the laws want to look at, and what they have agreed on."""

    conventions: set[str] = dataclasses.field(default_factory=set)  # labels of items at which a convention was accepted
    surrogates: set[int] = dataclasses.field(default_factory=set)  # leaves whose cotangent no witness can judge
    _overflows: dict[bool, np.ndarray] = dataclasses.field(default_factory=dict, init=False)

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

    @cached_property
    def _of_rule(self) -> frozenset[str]:
        item = self.items[0]
        program = jax.make_jaxpr(self.subject.one)(item.floats, item.others, item.cotangents)
        return frozenset(eqn.primitive.name for eqn in stripping.equations(program))

    def rule_has(self, *primitives: str) -> bool:
        """Whether the rule, or its primal, holds one of the primitives; False where JAX cannot see inside."""
        return self.subject.traceable and not self._of_rule.isdisjoint(primitives)

    def _primal_has(self, *primitives: str) -> bool:
        item = self.items[0]
        program = jax.make_jaxpr(self.problem.call)(item.floats, item.others)
        return any(eqn.primitive.name in primitives for eqn in stripping.equations(program))


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
