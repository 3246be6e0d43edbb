"""`verify.search`: Hypothesis finds a failing example and shrinks it; then the example and its neighbours explain."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable, Mapping
from typing import Any

from verify.observers import announced
from verify.report import Report
from verify.searching import draws, facts, neighbours, shared, tell
from verify.searching.configuration import configurations
from verify.searching.drawn import Drawn
from verify.searching.hunt import Hunt, richness, size
from verify.searching.literals import key, shown

DEFAULT_BUDGET = 60.0  # seconds; what it leaves out is said in the report's notes
_FULL = 3  # configurations that are checked in full where no light trial finds a failure
_SIMPLER = 6  # simpler draws of a configuration that are checked in full once a richer one has failed


@announced
def search(
    make: Callable[..., Any],
    domain: Any,
    *,
    seed: int = 0,
    max_examples: int = 100,
    budget: float | None = None,
    database: Any = None,
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
        database: a `hypothesis.database.ExampleDatabase`, such as a `DirectoryBasedExampleDatabase` in a folder that
            several machines see: failing examples that it has of this `make` are tried first, new ones go into it. The
            report then depends on it as well as on the seed.

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
    if isinstance(domain, Mapping):
        domain = configurations(make, **domain)
    hunt = Hunt(make, domain, seed, started, budget or DEFAULT_BUDGET)
    strategy = draws.problems(make, domain)
    known = shared.database(database, make)
    ask = functools.partial(draws.smallest, strategy, hunt.fails, seed=seed, max_examples=max_examples, database=known)
    found = ask()
    if not hunt.accepted:
        raise ValueError(
            f"the primal refused every one of {len(hunt.refused)} draws; the last time with: {hunt.refused[-1]}"
        )
    report = None if found is None else _explain(hunt, found)
    if report is not None and report.ok:  # the quick verdict was wrong: once more, with the court behind every failure
        hunt.doubt()
        found = ask()
        report = None if found is None else _explain(hunt, found)
    return dataclasses.replace(_in_full(hunt) if report is None else report, seconds=time.monotonic() - started)


def _explain(hunt: Hunt, found: Drawn) -> Report:
    """The report on the smallest failing example."""
    report = hunt.check(found)
    failures = report.failures or tuple(hunt.bench.failures(found.options, found.args))
    if not failures:
        return report
    failures = tell.located(failures, hunt.bench.make, hunt.bench.rule(found.options), found.options)
    notes = [
        f"smallest failing example: {tell.example(found, hunt.bench.rule(found.options))}",
        *_claims(hunt, found),
    ]
    return dataclasses.replace(
        report, failures=failures, notes=tuple(dict.fromkeys([*notes, *report.notes, *hunt.counts()]))
    )


def _claims(hunt: Hunt, found: Drawn) -> list[str]:
    """Which options, and with them fixed which sizes, decide."""
    telling, values, notes = hunt.telling(found), hunt.values(), []
    if values:
        bases = (telling, max(hunt.failing, key=richness))
        evidence = neighbours.configurations(hunt.bench, bases, values, hunt.in_time)
        evidence += [(drawn.options, True) for drawn in hunt.failing]
        notes.append(tell.configurations(evidence))
    told = neighbours.sizes(hunt.bench, telling, hunt.in_time)
    alike = [d for d in hunt.failing if key(d.options) == key(found.options)]
    told += [(neighbours.of_shapes(d, hunt.bench.rule(found.options)), True) for d in alike]
    predicates = facts.claim(told)
    if predicates:
        where = f"with {shown(found.options)}: " if found.options else ""
        notes.append(f"{where}{facts.sentence(predicates, told)}")
    return notes


def _in_full(hunt: Hunt) -> Report:
    """Nothing failed in float64 at first order: check the richest draws of some configurations in full."""
    richest: dict[Any, Drawn] = {}
    for drawn in hunt.accepted:
        at = key(drawn.options)
        richest[at] = max(richest.get(at, drawn), drawn, key=richness)
    chosen = sorted(richest.values(), key=richness, reverse=True)[:_FULL]
    reports: list[Report] = []
    for drawn in chosen:
        if reports and not hunt.in_time():
            hunt.notes.append("time ran out before some configurations were checked in full")
            break
        report = hunt.check(drawn)
        if not report.ok:
            return _simplest(hunt, drawn, report)
        reports.append(report)
    examples = (tell.example(drawn, hunt.bench.rule(drawn.options)) for drawn in chosen[: len(reports)])
    notes = [*hunt.counts(), *(f"checked in full at {text}" for text in examples)]
    return dataclasses.replace(
        reports[0],
        notes=tuple(dict.fromkeys([*notes, *(n for r in reports for n in r.notes)])),
        inconclusive=tuple(f for r in reports for f in r.inconclusive),
    )


def _simplest(hunt: Hunt, failing: Drawn, report: Report) -> Report:
    """A failure that only a full check sees: the simplest draw of its configuration that shows it."""
    alike = [d for d in hunt.accepted if key(d.options) == key(failing.options) and size(d) < size(failing)]
    for drawn in sorted(alike, key=lambda d: (size(d), -richness(d)))[:_SIMPLER]:
        if not hunt.in_time():
            break
        smaller = hunt.check(drawn)
        if not smaller.ok:
            failing, report = drawn, smaller
            break
    notes = [f"failing example: {tell.example(failing, hunt.bench.rule(failing.options))}", *hunt.counts()]
    fun = hunt.bench.rule(failing.options)
    failures = tell.located(report.failures, hunt.bench.make, fun, failing.options)
    return dataclasses.replace(report, failures=failures, notes=tuple(dict.fromkeys([*notes, *report.notes])))
