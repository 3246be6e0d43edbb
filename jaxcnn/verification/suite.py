"""The whole trial in order: every case of every rule, then the networks. Each trial is a name and a function to run."""

import fnmatch
from collections.abc import Callable
from dataclasses import dataclass

from jaxcnn.rules import RULES, Rules
from jaxcnn.verification.cases import CASES, Case
from jaxcnn.verification.networks import NETWORKS, Digits, exact_report, float_report, has_integer_path
from verify import Report


@dataclass(frozen=True)
class Trial:
    """One line of the table before it has run.

    Attributes:
        name: what is on trial, such as "conv 3x3 same" or "lenet on digits".
        kind: "rule" or "network".
        run: puts it on trial.
    """

    name: str
    kind: str
    run: Callable[[], Report]


@dataclass(frozen=True)
class Row:
    """One line of the table after it has run.

    Attributes:
        name: what was on trial.
        kind: "rule" or "network".
        report: what was found.
    """

    name: str
    kind: str
    report: Report


def trials(digits: Digits, rules: Rules = RULES, *, only: str | None = None, seed: int = 0) -> list[Trial]:
    """Return what there is to do, rules first.

    Args:
        digits: the embedded digits.
        rules: the rules to put on trial.
        only: a shell pattern, or part of a name; None for everything.
        seed: of examples and random points.

    Raises:
        ValueError: if `only` matches nothing; the message lists the names.
    """
    every = [Trial(case.name, "rule", _checker(case, rules, seed)) for case in CASES]
    for name, network in NETWORKS.items():
        if has_integer_path(network):
            every.append(_network(f"{name} on integers", name, exact_report, digits, rules, seed))
        every.append(_network(f"{name} on digits", name, float_report, digits, rules, seed))
    chosen = [trial for trial in every if only is None or only in trial.name or fnmatch.fnmatch(trial.name, only)]
    if not chosen:
        names = ", ".join(trial.name for trial in every)
        raise ValueError(f"`--only` must match something on trial; {only!r} matches none of: {names}.")
    return chosen


def _checker(case: Case, rules: Rules, seed: int) -> Callable[[], Report]:
    return lambda: case.check(rules, seed=seed)


def _network(label: str, name: str, check: Callable[..., Report], digits: Digits, rules: Rules, seed: int) -> Trial:
    return Trial(label, "network", lambda: check(name, digits, rules, seed=seed))
