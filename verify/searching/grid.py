"""`check_rule(fun, *args, domain=verify.configurations(make, ...))`: the same example under every configuration.

First a light trial of every configuration, which none is left out of; then full checks, of those that failed first.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from verify.report import Finding, Report
from verify.searching import draws, tell
from verify.searching.bench import Bench
from verify.searching.configuration import NOT_GIVEN, Configurations, combinations, is_strategy
from verify.searching.literals import key, shown
from verify.searching.neighbours import Evidence

_FAILING = 3  # failing configurations that are checked in full, to show what is wrong: the claim counts them all


def check(
    check_rule: Callable[..., Report],
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    domain: Configurations,
    budget: float,
    seed: int,
) -> Report:
    """The report on `fun` at its example, and on `make(**options)` at the same for every configuration.

    Raises:
        ValueError: `domain` has arguments of its own, which are for `verify.search`.
    """
    if domain.args is not NOT_GIVEN:
        raise ValueError("`args` of verify.configurations is for verify.search: check_rule has its example already.")
    started = time.monotonic()

    def left() -> float:
        return budget - (time.monotonic() - started)

    base = check_rule(fun, *args, budget=budget, seed=seed)
    bench = Bench(domain.make, seed)
    values = {name: draws.samples(v, seed) if is_strategy(v) else v for name, v in domain.options.items()}
    chosen = combinations(values) or [{}]
    verdicts = [bench.verdict(options, args) for options in chosen]
    notes = _refused([(o, v.reason) for o, v in zip(chosen, verdicts, strict=True) if v.fails is None])
    failing = [o for o, v in zip(chosen, verdicts, strict=True) if v.fails]
    held = [o for o, v in zip(chosen, verdicts, strict=True) if v.fails is False]
    reports: list[tuple[Mapping[str, Any], Report]] = []
    late: list[Mapping[str, Any]] = []
    for options in (*failing[:_FAILING], *held):
        if left() <= 0 and options not in failing[:1]:
            late.append(options)
            continue
        report = check_rule(bench.rule(options), *args, budget=max(1.0, left()), seed=seed)
        if options in failing and report.ok:
            report = dataclasses.replace(report, failures=tuple(bench.failures(options, args)))
        reports.append((options, report))
    if late:
        notes.append(
            f"left out for lack of time: all but the agreement in float64 with {'; '.join(map(shown, late[:4]))}"
            + (f" and {len(late) - 4} more" if len(late) > 4 else "")
        )
    evidence: Evidence = [(o, True) for o in failing] + [(o, False) for o in held if not _failed(o, reports)]
    evidence += [(o, True) for o in held if _failed(o, reports)]
    if any(failed for _, failed in evidence):
        notes.insert(0, tell.configurations(evidence))
    notes.append(f"checked in {len(failing) + len(held)} configurations of {len(chosen)} tried")
    return _merged(base, bench, reports, notes, time.monotonic() - started)


def _failed(options: Mapping[str, Any], reports: list[tuple[Mapping[str, Any], Report]]) -> bool:
    return any(key(o) == key(options) and not report.ok for o, report in reports)


def _refused(refusals: list[tuple[Mapping[str, Any], str]]) -> list[str]:
    """One note for every reason, with the configurations that were refused for it."""
    by_reason: dict[str, list[str]] = {}
    for options, reason in refusals:
        by_reason.setdefault(reason, []).append(f"({shown(options)})")
    return [f"refused at this example: {', '.join(which)}: {reason}" for reason, which in by_reason.items()]


def _merged(
    base: Report,
    bench: Bench,
    reports: list[tuple[Mapping[str, Any], Report]],
    notes: list[str],
    seconds: float,
) -> Report:
    """One finding per law and argument, of the first configuration that has one, else of the example itself."""
    parts: dict[str, list[Finding]] = {"failures": [], "inconclusive": [], "passed": []}
    for kind, findings in parts.items():
        for options, report in reports:
            findings.extend(tell.located(getattr(report, kind), bench.make, bench.rule(options), options))
        findings.extend(getattr(base, kind))
    failed = {(f.law, f.argument) for f in parts["failures"]}
    passed: dict[Any, Finding] = {}
    for finding in parts["passed"]:
        at = (finding.law, finding.argument)
        if at not in failed and (at not in passed or (finding.ratio or 0.0) > (passed[at].ratio or 0.0)):
            passed[at] = finding
    inconclusive = [f for f in _first(parts["inconclusive"]) if (f.law, f.argument) not in failed]
    own = [] if base.ok else [f"`{base.name}` itself is one that fails"]
    every = [*own, *notes, *base.notes, *(note for _, report in reports for note in report.notes)]
    return Report(
        base.name,
        _first(parts["failures"]),
        tuple(inconclusive),
        tuple(passed.values()),
        tuple(dict.fromkeys(every)),
        seconds,
    )


def _first(findings: list[Finding]) -> tuple[Finding, ...]:
    found: dict[Any, Finding] = {}
    for finding in findings:
        found.setdefault((finding.law, finding.argument), finding)
    return tuple(found.values())
