"""What a check says: one `Finding` per law and argument, gathered in a `Report`.

A report never hides: what held, what failed, what could not be decided, and what was left out are four lists.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

from verify import _render
from verify.power import Power


class Diagnosis(NamedTuple):
    """A named explanation: a stable `code` for machines and one `sentence` for people."""

    code: str
    sentence: str


class Cell(NamedTuple):
    """One line of the table of transformations: its `verdict` is "held", "failed" or "left out"."""

    name: str
    verdict: str
    ratio: float | None = None


class AuditedRule(NamedTuple):
    """One line of an audit's census: a rule and the equations that carry it.

    `share` is how much of the loss's gradient flows through it, None where that was not measured or it stands inside
    other rules only.
    """

    kind: str
    name: str
    line: str
    places: tuple[str, ...]
    arrivals: int
    verdict: str
    share: float | None = None


class VerificationError(AssertionError):
    """Raised by `Report.raise_if_failed`; its text is the report's list of failures."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one law says about one argument of one rule.

    `error` and `tolerance` are in the units of `actual` (the worst entry, at `index`); both are None where a law
    compares structure and not numbers.
    """

    law: str
    argument: str | None = None
    index: tuple[int, ...] | None = None
    actual: Any = None
    expected: Any = None
    error: float | None = None
    tolerance: float | None = None
    diagnosis: Diagnosis | None = None
    example: Any = None
    where: str | None = None
    reproduce: tuple[str, ...] = ()

    @property
    def ratio(self) -> float | None:
        """Error over tolerance: at most 1 where the law holds, 0 where two exact values are equal."""
        if self.error is None or self.tolerance is None:
            return None
        if self.error == 0:
            return 0.0
        return self.error / self.tolerance if self.tolerance > 0 else float("inf")

    def __str__(self) -> str:
        return _render.finding_text(self)


@dataclasses.dataclass(frozen=True)
class Report:
    """The outcome of one check: `ok` when no law failed.

    `inconclusive` findings are no failures: they say where no witness could decide, and why. `notes` lists what was
    not examined (a dtype that the primal refuses, shapes that the budget left out). `cells` says under which
    transformations the rule was run, `power` how small a fault would have been noticed, `rules` which rules an audit
    has found inside a program.
    """

    name: str
    failures: tuple[Finding, ...] = ()
    inconclusive: tuple[Finding, ...] = ()
    passed: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    cells: tuple[Cell, ...] = ()
    power: tuple[Power, ...] = ()
    rules: tuple[AuditedRule, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no law failed."""
        return not self.failures

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_failed(self) -> Report:
        """Return the report itself when it is ok, else raise `VerificationError` with the failures as its text."""
        if not self.ok:
            raise VerificationError(str(self))
        return self

    @property
    def worst(self) -> float:
        """The largest error over tolerance among the laws that held (0 when all of them were exact)."""
        return max((finding.ratio for finding in self.passed if finding.ratio is not None), default=0.0)

    def __str__(self) -> str:
        return _render.report_text(self)

    def table(self) -> str:
        """The transformations, one aligned line each, and what the check would have noticed."""
        return _render.report_table(self)

    def to_json(self) -> str:
        """Return the report as a JSON object, arrays as nested lists, non-finite numbers as strings."""
        return _render.report_json(self)

    def to_junit(self) -> str:
        """Return the report as JUnit XML, one test case per finding."""
        return _render.report_junit(self)

    def to_html(self) -> str:
        """Return the report as one self-contained HTML page (needs the extra `html`)."""
        return _render.report_html(self)
