"""Which mutants are mistakes: those that differ from the right pass in float64 by more than rounding, at some draw.

The draws are the points of `items.lattice` (random, zero, tied, saturated, large, small, ...), as many in which only
some arguments are special, and as many a small step beside them, where ties are near ties. All are evaluated in one
`vmap`, which compiles nothing per mutant but the edited equation.
The tolerance is that of `tolerance`: from the spread of the right pass under one-rounding jitter and its number of
operations. Entries at which the right pass is not finite decide nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

import jax
import numpy as np

from verify import _precision, indices, items, problem, stripping, thresholds, tolerance
from verify.domain import unlimited
from verify.mutation import conventions
from verify.mutation.program import Backward
from verify.problem import Arrays

_LATTICES = 5  # of one alone some have no zero beside a cotangent that is none, or never name the last index
_NEAR = 2.0**-12  # a quarter of the smallest factor planted, 1.001, and an eighth of a rounding to 8 bits
VERDICTS = ("different", "equivalent", "convention")


class Comparison:
    """The right pass at many draws, and every mutant beside it."""

    def __init__(self, backward: Backward, args: Sequence[Any], seed: int) -> None:
        """Draw, and evaluate the right pass there.

        Raises:
            TypeError, ValueError: the example holds no floating array, or NaN, or an array without entries.
        """
        self._rng = np.random.default_rng(seed)
        self._function = backward.function
        self._few = 0  # draws of one lattice, exact and beside: they settle most mutants
        self._problem = problem.make(backward.function, args)
        floats, self._others = self._draws(thresholds.find(backward.jaxpr))
        self._floats = _precision.to_float64(floats)
        self._right = self._run(self._function, self._floats, self._others)

    def _draws(self, marks: Sequence[float]) -> tuple[Arrays, Arrays]:
        here = self._problem
        outputs = here.outputs(here.floats, here.others)
        lattice = partial(items.lattice, here, outputs, marks, unlimited(here), self._rng, self._telling_indices())
        rows: list[tuple[Arrays, Arrays]] = []
        for _ in range(_LATTICES):
            drawn = [item for item in lattice() if item.ordinary or "cotangent" not in item.label]
            ordinary = [item for item in drawn if item.ordinary]
            rows += [(tuple(self._beside(x) for x in item.floats), item.others) for item in drawn]
            rows += [(item.floats, item.others) for item in drawn]
            self._few = self._few or len(rows)
            for item in drawn:
                other = ordinary[self._rng.integers(len(ordinary))]
                pairs = zip(item.floats, other.floats, strict=True)
                rows.append((tuple(pair[self._rng.integers(2)] for pair in pairs), item.others))
        floats, others = zip(*rows, strict=True)
        return items.stack(floats), items.stack(others) if here.others else ()

    def _beside(self, x: np.ndarray) -> np.ndarray:
        """Near ties in place of ties: only there does a winner that is chosen by rounded values differ."""
        step = _NEAR * self._rng.uniform(0.5, 1.0, x.shape) * self._rng.choice((-1.0, 1.0), x.shape)
        return np.asarray(x + step * np.maximum(np.abs(x), 1.0), x.dtype)

    def _telling_indices(self) -> tuple[tuple[int, ...], ...]:
        """Values of the integer arguments beyond the example's: what it never names would have no mutants."""
        here = self._problem
        program = jax.make_jaxpr(here.call)(here.floats, here.others)
        told = zip(indices.telling(program, len(here.floats), len(here.others)), here.others, strict=True)
        return tuple(values if np.asarray(n).dtype.kind in "iu" else () for values, n in told)

    def _run(self, function: Callable[..., Any], floats: Arrays, others: Arrays) -> Arrays:
        def call(xs: Arrays, ns: Arrays) -> Arrays:
            out = jax.tree.leaves(function(*self._problem.arguments(xs, ns)))
            return tuple(y for y in out if hasattr(y, "dtype") and _precision.is_float(y))

        # overflow at the edge of the range is tried on purpose
        with _precision.double_precision(), np.errstate(all="ignore"):
            return tuple(np.asarray(y, np.float64) for y in jax.vmap(call)(floats, others))

    @cached_property
    def _dtype(self) -> Any:
        """The narrowest float dtype inside the pass when it runs on float64: what it can be compared to."""
        here = self._problem
        with _precision.double_precision():
            program = jax.make_jaxpr(here.call)(_precision.to_float64(here.floats), here.others)
        avals = [var.aval for eqn in stripping.equations(program) for var in eqn.outvars]
        dtypes = {aval.dtype for aval in avals if hasattr(aval, "dtype") and _precision.is_float(aval)}
        return max(dtypes, key=_precision.unit_roundoff, default=np.dtype(np.float64))

    @cached_property
    def _tolerance(self) -> Arrays:
        copies = tolerance.jittered(self._floats, self._dtype, self._rng)
        joined = tuple(np.concatenate(leaves) for leaves in zip(*copies, strict=True))
        others = tuple(np.concatenate([n] * len(copies)) for n in self._others)
        moved = self._run(self._function, joined, others)
        length = tolerance.roundings(jax.make_jaxpr(self._problem.call)(self._problem.floats, self._problem.others))
        return tuple(
            tolerance.bound(self._dtype, y, tolerance.spread(y, m.reshape(len(copies), *y.shape), self._dtype), length)
            for y, m in zip(self._right, moved, strict=True)
        )

    @cached_property
    def _neighbours(self) -> conventions.Neighbours:
        return conventions.neighbours(
            lambda floats, others: self._run(self._function, floats, others), self._floats, self._others, self._rng
        )

    def verdict(self, mutant: Callable[..., Any]) -> tuple[str, bytes]:
        """One of `VERDICTS`, and a digest of all values: equal mutants share it."""
        got, differs = self._differences(mutant, self._few)
        if max(map(_share, differs)) > conventions.MOST:
            return "different", _digest(got)
        got, differs = self._differences(mutant, len(self._floats[0]))
        if not any(d.any() for d in differs):
            return "equivalent", _digest(got)
        if conventions.only(self._right, got, differs, self._tolerance, lambda: self._neighbours):
            return "convention", _digest(got)
        return "different", _digest(got)

    def _differences(self, mutant: Callable[..., Any], rows: int) -> tuple[Arrays, list[np.ndarray]]:
        """The mutant's results at the first draws, and where they are not the right ones."""
        got = self._run(mutant, tuple(x[:rows] for x in self._floats), tuple(n[:rows] for n in self._others))
        differs = []
        for y, m, allowed in zip(self._right, got, self._tolerance, strict=True):
            with np.errstate(invalid="ignore"):
                close = np.abs(m - y[:rows]) <= allowed[:rows]
            differs.append(np.isfinite(y[:rows]) & ~close)
        return got, differs


def _share(differs: np.ndarray) -> float:
    """The share of the draws at which some entry differs."""
    return float(differs.reshape(len(differs), -1).any(axis=1).mean())


def _digest(values: Arrays) -> bytes:
    return hashlib.sha256(b"".join(np.ascontiguousarray(y + 0.0).tobytes() for y in values)).digest()
