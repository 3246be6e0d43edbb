"""`python -m benchmarks.scan_page`: the derivatives that scans found wrong or NaN, as a table with lines to paste."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.scan_checked import share
from jaxcnn.cli.output import write_text

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "wrong-derivatives.md"
SCANS = tuple(ROOT / "benchmarks" / "results" / name for name in ("scan.json", "scan-newest.json"))
EVERY = {
    "reverse, forward": "both",
    "reverse of reverse, forward of reverse, reverse of forward, forward of forward": "all four",
}
HEAD = "| function | along | order | mode | at | got | right | jax |\n| " + " | ".join(["---"] * 8) + " |"


def text(scans: Sequence[dict[str, Any]]) -> str:
    """Return the page: each scan in a sentence, the findings that stand with the versions they stand in, and code."""
    found: dict[tuple[Any, ...], tuple[dict[str, Any], list[str]]] = {}
    for scan in scans:
        for one in scan["findings"]:
            if one["check"]["stands"]:
                key = one["function"], one["argument"], one["order"], one["mode"]
                found.setdefault(key, (one, []))[1].append(scan["versions"]["jax"])
    rows = [_row(finding, versions) for finding, versions in sorted(found.values(), key=lambda f: f[0]["function"])]
    first: dict[str, dict[str, Any]] = {}
    for finding, _ in found.values():
        first.setdefault(finding["function"], finding)
    return (
        "\n\n".join(
            [
                "# Derivatives that are wrong or NaN",
                "Found in released versions of JAX by `python -m verify scan`. What is right was asked of mpmath once "
                "more for each, to 40 digits: `python -m benchmarks.scan_checked`. This page is written by "
                "`python -m benchmarks.scan_page`.",
                *(_told(scan) for scan in scans),
                "\n".join([HEAD, *rows]),
                "## To paste\n\nThe first finding of each function.",
                *(f"```python\n{_pasted(first[name])}\n```" for name in sorted(first)),
            ]
        )
        + "\n"
    )


def _told(scan: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in scan["versions"].items())
    counts = ", ".join(f"{count} {status}" for status, count in scan["functions"].items())
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(scan["verdicts"].items()))
    return (
        f"`{scan['command']}` ({versions}), {scan['seconds']} s of one core. Functions: {counts}. "
        f"Findings: {verdicts}. Of the {len(scan['findings'])} called wrong or NaN {share(scan):.0%} stand."
    )


def _pasted(finding: dict[str, Any]) -> str:
    """A reproduction that expects what mpmath says: the scan's own difference quotients know fewer digits."""
    *lines, _ = finding["reproduction"]
    return "\n".join([*lines, f'print("expected", "{finding["check"]["right"]:.9g}")'])


def _row(finding: dict[str, Any], versions: Sequence[str]) -> str:
    right, mode = f"{finding['check']['right']:.9g}", EVERY.get(finding["mode"], finding["mode"])
    cells = [f"`{finding['function']}`", finding["argument"], finding["order"], mode, finding["at"]]
    return "| " + " | ".join(map(str, [*cells, finding["got"], right, ", ".join(versions)])) + " |"


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    write_text(PAGE, text([json.loads(file.read_text("utf-8")) for file in SCANS if file.is_file()]))


if __name__ == "__main__":
    main()
