"""The report of a scan as text: what fails, one reproduction a function, conventions, what was not checked."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import TYPE_CHECKING

from verify.scanning.record import VERDICTS, ScanFinding, Scanned

if TYPE_CHECKING:
    from verify.scanning.report import ScanReport

_HEAD = ("", "verdict", "function", "mode", "order", "dtype", "argument", "at", "got", "expected")
_WIDEST = 40  # characters of a cell


def text(report: ScanReport) -> str:
    """The whole report as lines."""
    lines = [summary(report)]
    if report.failures:
        lines += ["", *_aligned([_HEAD, *(_row(report, finding) for finding in report.failures)])]
    for finding in _first_of_each(report.new):
        lines += ["", f"{finding.function}: {finding.verdict}" + (f" ({finding.why})" if finding.why else "")]
        lines += [f"  expected by {finding.how}", "  reproduce:", *(f"    {line}" for line in finding.reproduction)]
    lines += _mild(report)
    lines += _unchecked(report.functions)
    if report.gone:
        lines += ["", "in the baseline, and found no more:", *(f"  {key}" for key in report.gone)]
    return "\n".join(lines)


def summary(report: ScanReport) -> str:
    """One line: what was scanned, how many functions were checked, how many findings there are of each kind."""
    found = collections.Counter(finding.verdict for finding in report.findings)
    kinds = ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict]) or "nothing found"
    checked = report.counts.get("checked", 0)
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    line = f"{', '.join(report.modules)}: {checked} of {len(report.functions)} functions checked, {kinds}  ({versions})"
    if report.known is not None:
        line += f"; {len(report.new) + len(report.new_crashes)} not in the baseline"
    return line


def _row(report: ScanReport, finding: ScanFinding) -> tuple[str, ...]:
    known = report.known is not None and finding.key() in report.known
    cells = (finding.function, finding.mode, str(finding.order), finding.dtype, finding.argument)
    numbers = (finding.at, finding.got, finding.expected)
    return ("" if known else "NEW" if report.known is not None else "", finding.verdict, *cells, *numbers)


def _first_of_each(findings: Sequence[ScanFinding]) -> list[ScanFinding]:
    first: dict[str, ScanFinding] = {}
    for finding in findings:
        first.setdefault(finding.function, finding)
    return list(first.values())


def _mild(report: ScanReport) -> list[str]:
    """Conventions and what nobody can decide: one line a function."""
    lines: list[str] = []
    for verdict in VERDICTS:
        mild = [finding for finding in report.findings if finding.verdict == verdict and finding not in report.failures]
        if mild:
            lines += ["", f"{verdict}:"]
        for function in dict.fromkeys(finding.function for finding in mild):
            whys = dict.fromkeys(finding.why for finding in mild if finding.function == function)
            lines.append(f"  {function}: {'; '.join(filter(None, whys))}".rstrip(": "))
    return lines


def _unchecked(records: Sequence[Scanned]) -> list[str]:
    lines: list[str] = []
    for status in dict.fromkeys(record.status for record in records if record.status != "checked"):
        lines += ["", f"{status}:"]
        lines += [f"  {record.function}: {record.detail}" for record in records if record.status == status]
    partly = [record for record in records if record.status == "checked" and record.detail]
    if partly:
        lines += ["", "checked in part:", *(f"  {record.function}: {record.detail}" for record in partly)]
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    rows = [[cell if len(cell) <= _WIDEST else cell[: _WIDEST - 1] + "…" for cell in row] for row in rows]
    kept = [i for i in range(len(rows[0])) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in rows) for i in kept}
    return ["  ".join(row[i].ljust(widths[i]) for i in kept).rstrip() for row in rows]
