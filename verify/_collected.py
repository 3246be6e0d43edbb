"""Many reports, each with the test that made it, as one file: JSON, JUnit XML or HTML.

Reports travel as plain data, so that those of several processes can be put together; `from_plain` restores everything
that a page shows (arrays of examples have become lists, numbers that are not finite text).
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from typing import Any

from verify import _render
from verify.power import Power
from verify.report import AuditedRule, Cell, Diagnosis, Finding, Report

Plain = Mapping[str, Any]  # {"test": its node id, **the report's own JSON}


def to_plain(test: str, report: Report) -> dict[str, Any]:
    """A report and its test as what JSON can hold."""
    return {"test": test, **_render.report_dict(report)}


def from_plain(plain: Plain) -> Report:
    """The report, named after its test as well."""
    name = f"{plain['test']}: {plain['name']}" if plain["test"] else plain["name"]
    found = {kind: tuple(map(_finding, plain[kind])) for kind in ("failures", "inconclusive", "passed")}
    return Report(
        name,
        **found,
        notes=tuple(plain["notes"]),
        seconds=float(plain["seconds"]),
        cells=tuple(Cell(c["name"], c["verdict"], _number(c["ratio"])) for c in plain["cells"]),
        power=tuple(
            Power(p["argument"], float(p["relative_error"]), float(p["probability"]), p["points"])
            for p in plain["power"]
        ),
        rules=tuple(
            AuditedRule(**{**rule, "places": tuple(rule["places"]), "share": _number(rule["share"])})
            for rule in plain["rules"]
        ),
    )


def _finding(plain: Mapping[str, Any]) -> Finding:
    numbers = {name: _number(plain[name]) for name in ("error", "tolerance")}
    told = plain["diagnosis"]
    return Finding(
        **{
            **plain,
            **numbers,
            "diagnosis": None if told is None else Diagnosis(told["code"], told["sentence"]),
            "index": None if plain["index"] is None else tuple(plain["index"]),
            "reproduce": tuple(plain["reproduce"]),
        }
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def as_json(reports: Sequence[Plain]) -> str:
    """One JSON object: whether all held, and the reports."""
    return json.dumps({"ok": all(plain["ok"] for plain in reports), "reports": list(reports)}, indent=2)


def as_junit(reports: Sequence[Plain]) -> str:
    """One `testsuites` element with a suite per report."""
    suites = ElementTree.Element("testsuites")
    suites.extend(ElementTree.fromstring(from_plain(plain).to_junit()) for plain in reports)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def as_html(reports: Sequence[Plain]) -> str:
    """One page, what failed first.

    Raises:
        ImportError: when Jinja2 is not installed; the message names the extra.
    """
    ordered = sorted(reports, key=lambda plain: bool(plain["ok"]))
    return _render.reports_html("verify: every report of the run", [from_plain(plain) for plain in ordered])


# by the suffix of the file's name
FORMS = {".html": as_html, ".json": as_json, ".xml": as_junit}


def merged(parts: Sequence[Sequence[Plain]]) -> list[Plain]:
    """The reports of several processes, ordered by their tests whoever ran them; those of one test stay in order."""
    return sorted((plain for part in parts for plain in part), key=lambda plain: str(plain["test"]))
