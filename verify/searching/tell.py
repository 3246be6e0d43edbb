"""How a search and a check over configurations speak: examples, findings with their options, claims."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from verify import reproduce
from verify.report import Finding
from verify.searching import facts, literals, neighbours
from verify.searching.drawn import Drawn
from verify.searching.neighbours import Evidence

_LISTED = 4  # configurations that a note lists


def example(drawn: Drawn, fun: Callable[..., Any]) -> str:
    """`x (1, 2, 2, 1), kernel (1, 1, 1, 1), strides=2`: shapes by name, then options."""
    shapes = [f"{path} {shape}" for path, shape in neighbours.leaf_shapes(drawn, fun)]
    return ", ".join([*shapes, *([literals.shown(drawn.options)] if drawn.options else [])])


def located(
    findings: Iterable[Finding], make: Callable[..., Any], fun: Callable[..., Any], options: Mapping[str, Any]
) -> tuple[Finding, ...]:
    """Findings that say with which options the rule was made, in their place and in their reproduction."""
    if not options:
        return tuple(findings)
    import_line = reproduce.import_line
    of_make = import_line("make", make).replace("that was passed to the check", "that was passed to verify")
    lines = (of_make, *literals.call(options))

    def told(finding: Finding) -> Finding:
        out: list[str] = []
        for line in finding.reproduce:
            out.extend(lines if line == import_line("fun", fun) else (line,))
        where = f"{finding.where or ''}, with {literals.shown(options)}".removeprefix(", ")
        return dataclasses.replace(finding, where=where, reproduce=tuple(out))

    return tuple(map(told, findings))


def configurations(evidence: Evidence) -> str:
    """Which options decide, from configurations that failed and that held."""
    distinct: dict[Any, tuple[Mapping[str, Any], bool]] = {}
    for options, failed in evidence:
        at = literals.key(options)
        distinct[at] = (options, failed or distinct.get(at, (options, False))[1])
    points = list(distinct.values())
    predicates = facts.claim(points)
    failing = [options for options, failed in points if failed]
    held = [options for options, failed in points if not failed]
    if predicates:
        return facts.sentence(predicates, points)
    if predicates == ():
        if len(failing) == 1:
            return f"fails with {literals.shown(failing[0])}, the only configuration tried there"
        return f"fails in each of the {len(failing)} configurations tried there: the options do not decide"
    return f"fails with {_some(failing)}; holds with {_some(held)}"


def _some(options: list[Mapping[str, Any]]) -> str:
    more = f" and {len(options) - _LISTED} more" if len(options) > _LISTED else ""
    return "; ".join(f"({literals.shown(chosen)})" for chosen in options[:_LISTED]) + more
