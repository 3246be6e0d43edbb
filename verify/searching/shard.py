"""One seed of a sweep: `verify.search` in a process of its own, and its report as a record that a file keeps."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from verify import targets
from verify.report import Finding, Report
from verify.scanning.record import LONGEST_REPRODUCTION, ScanFinding, Scanned
from verify.searching.search import search

_LONGEST = 200  # characters of a value that is shown


def named(make: str, seed: int) -> str:
    """What a shard is called."""
    return f"{make} seed {seed}"


def examine(
    name: str, *, seed: int, budget: float, make: str, domain: str, max_examples: int, examples: str | None
) -> Scanned:
    """Search with the seed that a shard's name ends with.

    Args:
        name: as `named` has it.
        seed: of the whole sweep, which is added.
        budget: seconds after which nothing new is begun.
        make: "package.module:name" of what makes the rule.
        domain: "package.module:name" of a strategy, of `verify.configurations(...)` or of a dict.
        max_examples: how many problems are drawn.
        examples: a folder in which failing examples are shared, or None.
    """
    started = time.monotonic()
    own = seed + int(name.rpartition(" ")[2])
    rule, problems = targets.load(make, "`make`"), targets.load(domain, "`domain`")
    report = search(rule, problems, seed=own, max_examples=max_examples, budget=budget, database=_database(examples))
    again = _again(make, domain, own, max_examples)
    return Scanned(
        function=name,
        status="checked",
        detail="; ".join(note for note in report.notes if note.startswith("searched")),
        calls=1,
        seconds=round(time.monotonic() - started, 3),
        findings=tuple(_finding(make, finding, report, again) for finding in report.failures),
    )


def _database(folder: str | None) -> Any:
    if folder is None:
        return None
    from hypothesis.database import DirectoryBasedExampleDatabase

    return DirectoryBasedExampleDatabase(folder)


def _finding(make: str, finding: Finding, report: Report, again: tuple[str, ...]) -> ScanFinding:
    example = next((note.partition(": ")[2] for note in report.notes if "failing example: " in note), "")
    arrays = [leaf for leaf in jax.tree.leaves(finding.example) if hasattr(leaf, "dtype")]
    lines = _lines(finding.reproduce)
    return ScanFinding(
        function=make,
        verdict="nan" if _is_nan(finding.actual) else "imprecise" if finding.law == "precision" else "wrong",
        mode=finding.law,
        order=1,
        dtype=str(arrays[0].dtype) if arrays else "",
        argument=finding.argument or "",
        at=example,
        got=str(finding.actual)[:_LONGEST],
        expected=str(finding.expected)[:_LONGEST],
        how="verify.search",
        why=finding.diagnosis.sentence if finding.diagnosis else "",
        reproduction=lines if finding.reproduce and len(lines) <= LONGEST_REPRODUCTION else again,
    )


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    """A reproduction with its imports in one line."""
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    return ("; ".join(imports), *(line for line in lines if line not in imports))


def _again(make: str, domain: str, seed: int, max_examples: int) -> tuple[str, ...]:
    return (
        "import verify",
        targets.imported("make", make),
        targets.imported("domain", domain),
        f"print(verify.search(make, domain, seed={seed}, max_examples={max_examples}))",
    )


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and math.isnan(value)
