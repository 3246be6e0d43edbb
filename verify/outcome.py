"""What comes of a trial: findings, notes, lines of the table and stated power, recorded by the laws as they go."""

from __future__ import annotations

import dataclasses
from typing import Any

from verify.items import Item
from verify.power import Power
from verify.problem import Problem
from verify.report import Cell, Diagnosis, Finding
from verify.reproduce import lines as reproduce_lines
from verify.subject import BackwardSubject, RuleSubject

Subject = RuleSubject | BackwardSubject


@dataclasses.dataclass
class Outcome:
    """What the laws have found of a subject so far."""

    subject: Subject
    _: dataclasses.KW_ONLY
    findings: list[tuple[str, Finding]] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    power: list[Power] = dataclasses.field(default_factory=list)
    cells: list[Cell] = dataclasses.field(default_factory=list)

    @property
    def problem(self) -> Problem:
        """The problem at this trial's shape."""
        return self.subject.problem

    def passed(self, law: str, argument: str | None = None, **fields: Any) -> None:
        """Record that a law held."""
        self.findings.append(("passed", Finding(law, argument, **fields)))

    def failed(self, law: str, argument: str | None, item: Item | None = None, **fields: Any) -> None:
        """Record that a law failed, with its example and the lines that show it again."""
        self.findings.append(("failures", self._told(law, argument, item, fields)))

    def left_open(
        self, law: str, argument: str | None, reason: str | Diagnosis, item: Item | None = None, **fields: Any
    ) -> None:
        """Record that no witness could decide."""
        fields["diagnosis"] = reason if isinstance(reason, Diagnosis) else Diagnosis("inconclusive", reason)
        self.findings.append(("inconclusive", self._told(law, argument, item, fields)))

    def cell(self, name: str, verdict: str, ratio: float | None = None) -> None:
        """Record one line of the table of transformations."""
        self.cells.append(Cell(name, verdict, ratio))

    def _told(self, law: str, argument: str | None, item: Item | None, fields: dict[str, Any]) -> Finding:
        if item is not None:
            fields.setdefault("example", (self.problem.arguments(item.floats, item.others), item.cotangents))
            if "reproduce" not in fields:
                fields["reproduce"] = reproduce_lines(self.problem, self.subject, item, argument, fields.get("index"))
        where = self.problem.name if self.problem.where is None else f"{self.problem.name}, {self.problem.where}"
        return Finding(law, argument, where=where, **fields)
