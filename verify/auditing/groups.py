"""Equal rules at equal shapes are checked once, at the values of all the places where they stand.

Two equations are equal when their backward passes are the same program, read as text, with the same constants: the
name and the line of a function say nothing about what its closure holds.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from verify import items, problem
from verify.auditing.capture import Arrival, Captured
from verify.auditing.captured import CapturedRule
from verify.auditing.lifted import differentiable
from verify.auditing.site import Site
from verify.problem import Problem
from verify.subject import RuleSubject


@dataclasses.dataclass
class Group:
    """Sites with one rule between them, and the arrivals at which it can be checked."""

    rule: CapturedRule
    sites: list[Site]
    arrivals: list[Arrival]

    @property
    def name(self) -> str:
        """The name of the rule's function."""
        return self.rule.site.name

    def base(self) -> Problem:
        """The rule at the first of its arrivals."""
        return _problem(self.rule, self.arrivals[0])


def groups(captured: Captured) -> tuple[list[Group], list[str]]:
    """The groups in the order of the program, and a note for every site at which there is nothing to check."""
    found: dict[str, Group] = {}
    notes = []
    for site in captured.sites:
        usable = [a for a in captured.arrivals[site.address] if _usable(a)]
        if not site.differentiable:
            usable = []
        elif not usable and captured.arrivals[site.address]:
            told = "what arrives there holds NaN, or an array without entries"
            notes.append(f"{captured.arrivals[site.address][0].told} was not checked: {told}")
        rule = CapturedRule(site)
        key = _key(rule, usable[0]) if usable else f"unchecked {site.kind} {site.name} {site.defined}"
        group = found.setdefault(key, Group(rule, [], []))
        group.sites.append(site)
        group.arrivals += usable
    return list(found.values()), notes


def _usable(arrival: Arrival) -> bool:
    """Whether no float is NaN and none has no entries; an infinity may be meant (a mask)."""
    floats = [np.asarray(v) for v in arrival.values if differentiable(v)]
    return not any(v.size == 0 or np.isnan(np.abs(v).astype(np.float64)).any() for v in floats)


def _problem(rule: CapturedRule, arrival: Arrival) -> Problem:
    return problem.make(rule, arrival.values)


def _key(rule: CapturedRule, arrival: Arrival) -> str:
    """What the rule does with values of these types, as text."""
    base = _problem(rule, arrival)
    site = rule.site
    try:
        outputs = base.outputs(base.floats, base.others)
        cotangents = items.cotangent(np.random.default_rng(0), outputs)
        program = jax.make_jaxpr(RuleSubject(base).one)(base.floats, base.others, cotangents)
    except Exception:  # a rule that cannot run is a finding of its own
        return f"{site.address} raises"
    return "\n".join((site.kind, site.name, str(site.defined), str(program.jaxpr), *_constants(program.consts)))


def _constants(consts: Sequence[Any]) -> list[str]:
    return [hashlib.sha256(np.asarray(c).tobytes()).hexdigest() for c in consts if hasattr(c, "dtype")]
