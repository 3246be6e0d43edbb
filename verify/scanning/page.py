"""The report of a scan as one page: a table with filters by verdict, module, dtype and text.

Without JavaScript everything is shown and the filters are not. On a narrow screen each finding is a block of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verify.scanning import table
from verify.scanning.record import VERDICTS

if TYPE_CHECKING:
    from verify.scanning.report import ScanReport

_HTML = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
 body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; color: #1b1b1b }
 table { border-collapse: collapse; width: 100% }
 th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
 li, p, td { overflow-wrap: anywhere } td:first-child, td[data-name=dtype] { white-space: nowrap }
 pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: .85rem; overflow-wrap: normal }
 form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; margin: 1rem 0 } form[hidden], [hidden] { display: none }
 select, input { font: inherit; max-width: 100% }
 .wrong, .nan, .raises, .imprecise, .new { color: #b3261e; font-weight: 600 } .held { color: #00695c }
 .convention, .inconclusive { color: #8a5a00 }
 @media (max-width: 50rem) {
  thead { display: none } tr { display: block; border-bottom: 2px solid #999; padding: .5rem 0 }
  td { display: block; border: 0; padding: 0 }
  td[data-name]:not(:empty)::before { content: attr(data-name) ": "; color: #555 }
 }
</style>
<h1>{{ title }}</h1>
<p class="{{ 'held' if report.ok else 'new' }}">{{ summary }}</p>
<form id="filters" hidden>
{% for name, values in choices %}
<label>{{ name }} <select name="{{ name }}"><option value="">all</option>
{% for value in values %}<option>{{ value }}</option>{% endfor %}</select></label>
{% endfor %}
<label>text <input name="text" type="search"></label> <output id="shown"></output>
</form>
<table id="findings"><thead><tr>
{% for name in columns %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for finding in report.findings %}
<tr data-verdict="{{ finding.verdict }}" data-module="{{ module(finding) }}" data-dtype="{{ finding.dtype }}">
<td class="{{ finding.verdict }}">{{ finding.verdict }}{% if is_new(finding) %} (new){% endif %}</td>
<td><code>{{ finding.function }}</code></td>
<td data-name="mode">{{ finding.mode }}, order {{ finding.order }}</td><td data-name="dtype">{{ finding.dtype }}</td>
<td data-name="at">{{ finding.argument }} at {{ finding.at }}</td><td data-name="got">{{ finding.got }}</td>
<td data-name="expected">{{ finding.expected }}</td>
<td>{{ finding.why }}<details><summary>expected by {{ finding.how }}</summary>
<pre>{{ finding.reproduction | join("\\n") }}</pre></details></td></tr>
{% endfor %}</tbody></table>
{% for status, records in others %}
<h2>{{ status }}</h2><ul>
{% for record in records %}<li><code>{{ record.function }}</code>: {{ record.detail }}</li>
{% endfor %}</ul>
{% endfor %}
<h2>checked</h2>
<p>{% for record in report.functions if record.status == "checked" %}<code>{{ record.function }}</code> {% endfor %}</p>
<script>
 const form = document.getElementById("filters"), rows = [...document.querySelectorAll("#findings tbody tr")];
 function filter() {
  const text = form.elements.text.value.toLowerCase();
  for (const row of rows)
   row.hidden = ["verdict", "module", "dtype"].some(name => {
     const wanted = form.elements[name].value;
     return wanted && row.dataset[name] !== wanted;
    }) || !row.textContent.toLowerCase().includes(text);
  document.getElementById("shown").value = rows.filter(row => !row.hidden).length + " of " + rows.length;
 }
 form.addEventListener("input", filter);
 form.addEventListener("submit", event => event.preventDefault());
 form.hidden = false;
 filter();
</script></html>
"""
_COLUMNS = ("verdict", "function", "mode", "dtype", "at", "got", "expected", "why, and how to reproduce it")


def engine() -> Any:
    """Jinja2, which writes the page.

    Raises:
        ImportError: when it is not installed; the message names the extra.
    """
    try:
        import jinja2
    except ImportError as error:
        raise ImportError("the HTML report needs Jinja2: install the extra, `pip install jaxcnn[html]`.") from error
    return jinja2


def html(report: ScanReport) -> str:
    """The page (needs the extra `html`)."""
    findings, new = report.findings, set() if report.known is None else set(report.new)
    statuses = dict.fromkeys(record.status for record in report.functions if record.status != "checked")
    module = lambda finding: finding.function.rpartition(".")[0]  # noqa: E731
    template = engine().Environment(autoescape=True, trim_blocks=True).from_string(_HTML)
    return template.render(
        title=f"verify: scan of {', '.join(report.modules)}",
        report=report,
        summary=table.summary(report),
        columns=_COLUMNS,
        choices=(
            ("verdict", [verdict for verdict in VERDICTS if any(f.verdict == verdict for f in findings)]),
            ("module", sorted({module(finding) for finding in findings})),
            ("dtype", sorted({finding.dtype for finding in findings})),
        ),
        module=module,
        is_new=lambda finding: finding in new,
        others=[(s, [record for record in report.functions if record.status == s]) for s in statuses],
    )
