"""The text, JSON, JUnit and HTML forms of a report; nothing here decides anything."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

if TYPE_CHECKING:
    from verify.report import Finding, Report

_HTML = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
 body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color: #1b1b1b }
 .wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
 th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
 td.number { text-align: right; font-variant-numeric: tabular-nums }
 pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: .85rem }
 .failed { color: #b3261e; font-weight: 600 } .held { color: #00695c } .open { color: #8a5a00 }
</style>
<h1>{{ title }}</h1>
{% for report in reports %}
<h2>{{ report.name }}: <span class="{{ 'held' if report.ok else 'failed' }}">{{ verdict(report) }}</span></h2>
<div class="wide"><table><tr><th>law</th><th>argument</th><th>verdict</th>
<th>error / tolerance</th><th>finding</th></tr>
{% for kind, css, findings in groups(report) %}{% for finding in findings %}
<tr><td>{{ finding.law }}</td><td><code>{{ finding.argument or "" }}</code></td><td class="{{ css }}">{{ kind }}</td>
<td class="number">{{ ratio(finding) }}</td>
<td>{% if kind == "held" %}{{ sentence(finding) }}{% else %}<pre>{{ finding }}</pre>{% endif %}</td></tr>
{% endfor %}{% endfor %}</table></div>
{% if report.cells %}<h3>Transformations</h3>
<div class="wide"><table><tr><th>transformation</th><th>verdict</th><th>error / tolerance</th></tr>
{% for cell in report.cells %}<tr><td>{{ cell.name }}</td>
<td class="{{ 'held' if cell.verdict == 'held' else 'failed' if cell.verdict == 'failed' else 'open' }}">\
{{ cell.verdict }}</td><td class="number">{{ ratio(cell) }}</td></tr>
{% endfor %}</table></div>{% endif %}
{% for one in report.power %}<p>{{ one }}</p>{% endfor %}
{% if report.rules %}<h3>Rules</h3><ul>
{% for line in census(report)[1:] %}<li>{{ line }}</li>
{% endfor %}</ul>{% endif %}
{% for note in report.notes %}<p class="open">{{ note }}</p>{% endfor %}
{% endfor %}</html>
"""


def number(value: Any) -> str:
    """A number as a person reads it: 9 significant digits for floats, everything else as it prints."""
    if isinstance(value, float | np.floating):
        return f"{float(value):.9g}"
    return str(value)


def _indices(index: tuple[int, ...] | None) -> str:
    return "" if not index else "[" + ", ".join(map(str, index)) + "]"


def finding_text(finding: Finding) -> str:
    """One finding in a few lines: law, argument and entry, numbers, diagnosis, how to reproduce."""
    lines = [f"{finding.law}: {finding.argument or 'the whole rule'}{_indices(finding.index)}"]
    if finding.where:
        lines[0] += f"  ({finding.where})"
    if finding.actual is not None or finding.expected is not None:
        lines.append(f"  actual    {number(finding.actual)}")
        lines.append(f"  expected  {number(finding.expected)}")
    if finding.error is not None and finding.tolerance is not None:
        lines.append(
            f"  error     {finding.error:.3g}, tolerance {finding.tolerance:.3g}, ratio {finding.ratio or 0:.3g}"
        )
    if finding.diagnosis is not None:
        lines.append(f"  {finding.diagnosis.code}: {finding.diagnosis.sentence}")
    if finding.reproduce:
        lines.append("  reproduce:")
        lines.extend(f"    {line}" for line in finding.reproduce)
    return "\n".join(lines)


def verdict(report: Report) -> str:
    """One phrase: how many laws held, failed, stayed open."""
    parts = [f"{len(report.passed)} held"]
    if report.failures:
        parts.append(f"{len(report.failures)} FAILED")
    if report.inconclusive:
        parts.append(f"{len(report.inconclusive)} inconclusive")
    return ", ".join(parts)


def report_text(report: Report) -> str:
    """The report for a terminal: verdict, failures in full, what stayed open, what was left out."""
    lines = [f"{report.name}: {verdict(report)}"]
    lines.extend(str(finding) for finding in report.failures)
    for finding in report.inconclusive:
        reason = finding.diagnosis.sentence if finding.diagnosis else "no witness could decide"
        place = f"  ({finding.where})" if report.rules else ""  # a program has many places, a rule is one
        lines.append(f"inconclusive {finding.law}: {finding.argument}{_indices(finding.index)}: {reason}{place}")
    lines.extend(f"note: {note}" for note in report.notes)
    lines.extend(census(report))
    return "\n".join(lines)


def census(report: Report) -> list[str]:
    """The rules of an audited program: how many equations carry each, how it fared, its share of the gradient."""
    if not report.rules:
        return []
    count = sum(len(rule.places) for rule in report.rules)
    lines = [f"rules: {len(report.rules)}, in {count} equation{'s' * (count > 1)}"]
    for rule in report.rules:
        share = "" if rule.share is None else f", {rule.share:.3g} of the gradient"
        places = f"{len(rule.places)} equation{'s' * (len(rule.places) > 1)}"
        lines.append(f"  {rule.kind} `{rule.name}` ({rule.line}): {rule.verdict}, {places}{share}")
    return lines


def report_table(report: Report) -> str:
    """Transformations and verdicts in aligned columns, then the power of the check, one sentence per argument."""
    width = max((len(cell.name) for cell in report.cells), default=0)
    lines = []
    for cell in report.cells:
        ratio = "" if cell.ratio is None else f"   error / tolerance {cell.ratio:.2g}"
        lines.append(
            f"{cell.name:<{width}}   {cell.verdict if cell.verdict == 'held' else cell.verdict.upper()}{ratio}"
        )
    return "\n".join([*lines, *map(str, report.power)])


def plain(value: Any) -> Any:
    """Turn arrays, tuples and non-finite numbers into what JSON can hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if hasattr(value, "dtype") and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return str(value)
    if isinstance(value, np.generic | np.ndarray) or hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind not in "biufc":  # bfloat16 and friends come as extension types
            array = array.astype(np.float32)
        return plain(array.tolist())
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return str(value)


def finding_dict(finding: Finding) -> dict[str, Any]:
    """A finding as plain data, keyed by its field names."""
    diagnosis = finding.diagnosis
    return {
        "law": finding.law,
        "argument": finding.argument,
        "index": plain(finding.index),
        "actual": plain(finding.actual),
        "expected": plain(finding.expected),
        "error": plain(finding.error),
        "tolerance": plain(finding.tolerance),
        "diagnosis": None if diagnosis is None else {"code": diagnosis.code, "sentence": diagnosis.sentence},
        "example": plain(finding.example),
        "where": finding.where,
        "reproduce": list(finding.reproduce),
    }


def report_dict(report: Report) -> dict[str, Any]:
    """A report as plain data."""
    return {
        "name": report.name,
        "ok": report.ok,
        "failures": [finding_dict(f) for f in report.failures],
        "inconclusive": [finding_dict(f) for f in report.inconclusive],
        "passed": [finding_dict(f) for f in report.passed],
        "notes": list(report.notes),
        "cells": [plain(cell._asdict()) for cell in report.cells],
        "power": [plain(one._asdict()) for one in report.power],
        "rules": [plain(rule._asdict()) for rule in report.rules],
        "seconds": report.seconds,
    }


def report_json(report: Report) -> str:
    """The report as a JSON text."""
    return json.dumps(report_dict(report), indent=2)


def report_junit(report: Report) -> str:
    """The report as JUnit XML: failures fail, inconclusive findings are skipped with their reason."""
    suite = ElementTree.Element(
        "testsuite",
        name=report.name,
        tests=str(len(report.passed) + len(report.failures) + len(report.inconclusive)),
        failures=str(len(report.failures)),
        skipped=str(len(report.inconclusive)),
        time=f"{report.seconds:.3f}",
    )
    for kind, findings in (("failure", report.failures), ("skipped", report.inconclusive), (None, report.passed)):
        for finding in findings:
            name = f"{finding.law}: {finding.argument}" if finding.argument else finding.law
            case = ElementTree.SubElement(suite, "testcase", classname=report.name, name=name)
            if kind:
                ElementTree.SubElement(case, kind, message=name).text = _xml_safe(str(finding))
    return ElementTree.tostring(suite, encoding="unicode")


def _xml_safe(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or c >= " ")


def report_html(report: Report) -> str:
    """The report as one HTML page."""
    return reports_html(f"verify: {report.name}", [report])


def reports_html(title: str, reports: list[Report]) -> str:
    """Several reports as one self-contained HTML page.

    Raises:
        ImportError: when Jinja2 is not installed; the message names the extra.
    """
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("the HTML report needs Jinja2: install the extra, `pip install jaxcnn[html]`.") from error
    template = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(_HTML)
    return template.render(
        title=title,
        reports=reports,
        verdict=verdict,
        census=census,
        groups=lambda r: (
            ("FAILED", "failed", r.failures),
            ("inconclusive", "open", r.inconclusive),
            ("held", "held", r.passed),
        ),
        ratio=lambda f: "" if f.ratio is None else f"{f.ratio:.2g}",
        sentence=lambda f: f.diagnosis.sentence if f.diagnosis else "",
    )
