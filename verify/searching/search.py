"""`verify.search`: Hypothesis finds a failing example and shrinks it; then the example and its neighbours explain."""

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
from verify.searching import draws, facts, neighbours, tell
from verify.searching.bench import Bench, is_rule
from verify.searching.configuration import Configurations
from verify.searching.drawn import Drawn
from verify.searching.literals import key, shown

DEFAULT_BUDGET = 60.0  # seconds; what it leaves out is said in the report's notes
_EXPLAINING = 0.4  # of the budget is kept for explaining
_FULL = 3  # configurations that are checked in full where no light trial finds a failure
_SIMPLER = 6  # simpler draws of a configuration that are checked in full once a richer one has failed


def search(
    make: Callable[..., Any],
    domain: Any,
    *,
    seed: int = 0,
    max_examples: int = 100,
    budget: float | None = None,
) -> Report:
    """Look for options, shapes and values at which a rule is wrong, and shrink them to the smallest that are.

    Args:
        make: `make(**options)` returns the rule (a `custom_vjp`, a `custom_jvp`, or any function in doubt). Where the
            domain has no options it may be the rule itself.
        domain: a Hypothesis strategy for problems (those of `verify.strategies`, pairs of arguments and options, dicts
            of options with the arguments under "args", or arguments alone); or `verify.configurations(make, ...,
            args=...)`; or a dict from option names, and "args", to values or strategies.
        seed: of all draws; equal seeds give equal reports unless time runs out.
        max_examples: how many problems are drawn before shrinking.
        budget: seconds after which nothing new is begun (default 60).

    Returns:
        A `Report` on the smallest failing example, whose notes give its shapes and say with which options and sizes the
        rule fails and holds; where nothing failed, an ok one that says how much was tried.

    Raises:
        ImportError: Hypothesis is not installed.
        TypeError, ValueError: `make` or `domain` cannot be used, or the primal refuses every draw.
    """
    started = time.monotonic()
    if not callable(make):
        raise TypeError(f"`make` must be a function of the options that returns the rule; got {type(make).__name__}.")
    if budget is not None and not budget > 0:
        raise ValueError(f"`budget` must be a positive number of seconds; got {budget}.")
    if not isinstance(max_examples, int) or max_examples < 1:
        raise ValueError(f"`max_examples` must be a positive integer; got {max_examples!r}.")
    hunt = _Hunt(make, domain, seed, started, budget or DEFAULT_BUDGET)
    strategy = draws.problems(make, domain)
    found = draws.smallest(strategy, hunt.fails, seed=seed, max_examples=max_examples)
    if not hunt.accepted:
        raise ValueError(
            f"the primal refused every one of {len(hunt.refused)} draws; the last time with: {hunt.refused[-1]}"
        )
    report = None if found is None else hunt.explain(found)
    if report is not None and report.ok:  # the quick verdict was wrong: once more, with the court behind every failure
        hunt.doubt()
        found = draws.smallest(strategy, hunt.fails, seed=seed, max_examples=max_examples)
        report = None if found is None else hunt.explain(found)
    return dataclasses.replace(hunt.in_full() if report is None else report, seconds=time.monotonic() - started)


class _Hunt:
    """What a search has seen: the draws, in order, by their verdicts."""

    def __init__(self, make: Callable[..., Any], domain: Any, seed: int, started: float, budget: float) -> None:
        self.bench = Bench(make, seed)
        self.accepted: list[Drawn] = []
        self.failing: list[Drawn] = []
        self.refused: list[str] = []
        self.notes: list[str] = []
        self._domain, self._seed, self._started, self._budget = domain, seed, started, budget
        self._is_rule = is_rule(make)

    def fails(self, drawn: Drawn) -> bool:
        """The question that Hypothesis shrinks by."""
        known = self.bench.known(drawn.options, drawn.args)
        if known is not None:
            return bool(known.fails)
        if not self._in_time(1 - _EXPLAINING) and self.accepted:
            self.notes.append("time ran out before all draws were tried")
            return False  # what is known to fail stays failing, so Hypothesis ends where it is
        draws.check_options(self.bench.make, drawn, self._is_rule)
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

    def _in_time(self, share: float = 1.0) -> bool:
        return time.monotonic() - self._started < share * self._budget

    def explain(self, found: Drawn) -> Report:
        """The report on the smallest failing example."""
        report = self._check(found)
        failures = report.failures or tuple(self.bench.failures(found.options, found.args))
        if not failures:
            return report
        failures = tell.located(failures, self.bench.make, self.bench.rule(found.options), found.options)
        notes = [
            f"smallest failing example: {tell.example(found, self.bench.rule(found.options))}",
            *self._claims(found),
        ]
        return dataclasses.replace(
            report, failures=failures, notes=tuple(dict.fromkeys([*notes, *report.notes, *self._counts()]))
        )

    def _claims(self, found: Drawn) -> list[str]:
        """Which options, and with them fixed which sizes, decide."""
        telling, values, notes = self._telling(found), self._values(), []
        if values:
            bases = (telling, max(self.failing, key=_richness))
            evidence = neighbours.configurations(self.bench, bases, values, self._in_time)
            evidence += [(drawn.options, True) for drawn in self.failing]
            notes.append(tell.configurations(evidence))
        told = neighbours.sizes(self.bench, telling, self._in_time)
        alike = [d for d in self.failing if key(d.options) == key(found.options)]
        told += [(neighbours.of_shapes(d, self.bench.rule(found.options)), True) for d in alike]
        predicates = facts.claim(told)
        if predicates:
            where = f"with {shown(found.options)}: " if found.options else ""
            notes.append(f"{where}{facts.sentence(predicates, told)}")
        return notes

    def _telling(self, found: Drawn) -> Drawn:
        """The richest arguments that fail with the options of the smallest example."""
        for drawn in sorted(self.failing, key=_richness, reverse=True)[:_SIMPLER]:
            if self.bench.verdict(found.options, drawn.args).fails:
                return dataclasses.replace(drawn, options=found.options)
        return found

    def _values(self) -> dict[str, list[Any]]:
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

    def in_full(self) -> Report:
        """Nothing failed in float64 at first order: check the richest draws of some configurations in full."""
        richest: dict[Any, Drawn] = {}
        for drawn in self.accepted:
            at = key(drawn.options)
            richest[at] = max(richest.get(at, drawn), drawn, key=_richness)
        chosen = sorted(richest.values(), key=_richness, reverse=True)[:_FULL]
        reports: list[Report] = []
        for drawn in chosen:
            if reports and not self._in_time():
                self.notes.append("time ran out before some configurations were checked in full")
                break
            report = self._check(drawn)
            if not report.ok:
                return self._simplest(drawn, report)
            reports.append(report)
        examples = (tell.example(drawn, self.bench.rule(drawn.options)) for drawn in chosen[: len(reports)])
        notes = [*self._counts(), *(f"checked in full at {text}" for text in examples)]
        return dataclasses.replace(
            reports[0],
            notes=tuple(dict.fromkeys([*notes, *(n for r in reports for n in r.notes)])),
            inconclusive=tuple(f for r in reports for f in r.inconclusive),
        )

    def _simplest(self, failing: Drawn, report: Report) -> Report:
        """A failure that only a full check sees: the simplest draw of its configuration that shows it."""
        alike = [d for d in self.accepted if key(d.options) == key(failing.options) and _size(d) < _size(failing)]
        for drawn in sorted(alike, key=lambda d: (_size(d), -_richness(d)))[:_SIMPLER]:
            if not self._in_time():
                break
            smaller = self._check(drawn)
            if not smaller.ok:
                failing, report = drawn, smaller
                break
        notes = [f"failing example: {tell.example(failing, self.bench.rule(failing.options))}", *self._counts()]
        fun = self.bench.rule(failing.options)
        failures = tell.located(report.failures, self.bench.make, fun, failing.options)
        return dataclasses.replace(report, failures=failures, notes=tuple(dict.fromkeys([*notes, *report.notes])))

    def _check(self, drawn: Drawn) -> Report:
        """The full check at a draw's own shape and values: others might lie outside the domain."""
        fixed = Domain(vary_shape=False, vary_values=False)
        left = max(1.0, self._budget - (time.monotonic() - self._started))
        return check_rule(self.bench.rule(drawn.options), *drawn.args, domain=fixed, budget=left, seed=self._seed)

    def _counts(self) -> list[str]:
        configured = len({key(d.options) for d in self.accepted})
        text = f"searched {len(self.accepted)} examples" + (
            f" in {configured} configurations" if configured > 1 else ""
        )
        refused = f"the primal refused {len(self.refused)} draws, such as: {self.refused[0]}" if self.refused else ""
        return [text, *([refused] if refused else []), *dict.fromkeys(self.notes)]


def _leaves(drawn: Drawn) -> list[Any]:
    return [leaf for leaf in jax.tree.leaves(drawn.args) if hasattr(leaf, "dtype")]


def _size(drawn: Drawn) -> int:
    return sum(np.size(leaf) for leaf in _leaves(drawn))


def _richness(drawn: Drawn) -> int:
    """Distinct entries: what shows most when options or sizes change."""
    arrays = [a for a in _leaves(drawn) if not jax.dtypes.issubdtype(a.dtype, jax.dtypes.prng_key)]
    return sum(len(np.unique(np.asarray(a))) + int(np.count_nonzero(np.asarray(a))) for a in arrays)
