"""What a search has seen: its draws by their verdicts, and the time that it has left."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from verify.checks import check_rule
from verify.domain import Domain
from verify.report import Report
from verify.searching.bench import Bench
from verify.searching.configuration import Configurations, takes
from verify.searching.drawn import Drawn
from verify.searching.literals import key

_EXPLAINING = 0.4  # of the budget is kept for explaining
_TRIED = 6  # rich failing draws that are tried with the options of the smallest


class Hunt:
    """The draws of a search, in order, by their verdicts."""

    def __init__(self, make: Callable[..., Any], domain: Any, seed: int, started: float, budget: float) -> None:
        """`started` is the monotonic time at which the `budget`, in seconds, began to run."""
        self.bench = Bench(make, seed)
        self.accepted: list[Drawn] = []
        self.failing: list[Drawn] = []
        self.refused: list[str] = []
        self.notes: list[str] = []
        self._domain, self._seed, self._started, self._budget = domain, seed, started, budget

    def fails(self, drawn: Drawn) -> bool:
        """The question that Hypothesis shrinks by."""
        known = self.bench.known(drawn.options, drawn.args)
        if known is not None:
            return bool(known.fails)
        if not self.in_time(1 - _EXPLAINING) and self.accepted:
            self.notes.append("time ran out before all draws were tried")
            return False  # what is known to fail stays failing, so Hypothesis ends where it is
        takes(self.bench.make, drawn.options)
        verdict = self.bench.verdict(drawn.options, drawn.args)
        if verdict.fails is None:
            self.refused.append(verdict.reason)
            return False
        self.accepted.append(drawn)
        if verdict.fails:
            self.failing.append(drawn)
        return verdict.fails

    def doubt(self) -> None:
        """Begin again, thoroughly."""
        self.bench.doubt()
        for seen in (self.accepted, self.failing, self.refused):
            seen.clear()

    def in_time(self, share: float = 1.0) -> bool:
        """Whether this share of the budget is not yet used up."""
        return time.monotonic() - self._started < share * self._budget

    def telling(self, found: Drawn) -> Drawn:
        """The richest arguments that fail with the options of the smallest example."""
        for drawn in sorted(self.failing, key=richness, reverse=True)[:_TRIED]:
            if self.bench.verdict(found.options, drawn.args).fails:
                return dataclasses.replace(drawn, options=found.options)
        return found

    def values(self) -> dict[str, list[Any]]:
        """Of every option the values that were listed or seen."""
        listed: dict[str, Sequence[Any]] = {}
        if isinstance(self._domain, Configurations):
            listed = {name: v for name, v in self._domain.options.items() if isinstance(v, tuple)}
        names = self.failing[0].options
        found: dict[str, dict[Any, Any]] = {name: {key(v): v for v in listed.get(name, ())} for name in names}
        for drawn in (*self.failing, *self.accepted):
            for name, value in drawn.options.items():
                found.setdefault(name, {}).setdefault(key(value), value)
        return {name: list(values.values()) for name, values in found.items()}

    def check(self, drawn: Drawn) -> Report:
        """The full check at a draw's own shape and values: others might lie outside the domain."""
        fixed = Domain(vary_shape=False, vary_values=False)
        left = max(1.0, self._budget - (time.monotonic() - self._started))
        return check_rule(self.bench.rule(drawn.options), *drawn.args, domain=fixed, budget=left, seed=self._seed)

    def counts(self) -> list[str]:
        """Notes: how much was tried, what was refused, what was left out."""
        configured = len({key(d.options) for d in self.accepted})
        text = f"searched {len(self.accepted)} examples" + (
            f" in {configured} configurations" if configured > 1 else ""
        )
        refused = f"the primal refused {len(self.refused)} draws, such as: {self.refused[0]}" if self.refused else ""
        return [text, *([refused] if refused else []), *dict.fromkeys(self.notes)]


def _leaves(drawn: Drawn) -> list[Any]:
    return [leaf for leaf in jax.tree.leaves(drawn.args) if hasattr(leaf, "dtype")]


def size(drawn: Drawn) -> int:
    """Entries of all arrays: the smaller of two failing draws is the better example."""
    return sum(np.size(leaf) for leaf in _leaves(drawn))


def richness(drawn: Drawn) -> int:
    """Distinct entries: what shows most when options or sizes change."""
    arrays = [a for a in _leaves(drawn) if not jax.dtypes.issubdtype(a.dtype, jax.dtypes.prng_key)]
    return sum(len(np.unique(np.asarray(a))) + int(np.count_nonzero(np.asarray(a))) for a in arrays)
