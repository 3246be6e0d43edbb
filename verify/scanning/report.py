"""What a scan has found: the records of all functions, what of it fails, and its forms for people and machines."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify.report import VerificationError
from verify.scanning import baseline, page, table
from verify.scanning.record import VERDICTS, ScanFinding, Scanned

FAILING = ("wrong", "nan", "raises", "imprecise")  # a convention is a choice, and what nobody can decide accuses nobody


@dataclasses.dataclass(frozen=True)
class ScanReport:
    """The outcome of a scan.

    Attributes:
        modules: What was scanned.
        seed: Of its random points.
        versions: Of the library, of JAX, and of what else decides the findings.
        functions: One record each, ordered by name.
        known: The keys of findings that a baseline holds; None without one.
        seconds: What the scan took, since it was resumed.
    """

    modules: tuple[str, ...]
    seed: int
    versions: Mapping[str, str]
    functions: tuple[Scanned, ...]
    known: frozenset[str] | None = None
    seconds: float = 0.0

    @property
    def findings(self) -> tuple[ScanFinding, ...]:
        """All findings, the gravest first, then by function."""
        found = [finding for record in self.functions for finding in record.findings]
        return tuple(sorted(found, key=lambda finding: VERDICTS.index(finding.verdict)))

    @property
    def failures(self) -> tuple[ScanFinding, ...]:
        """The findings that say something is wrong, known or not."""
        return tuple(finding for finding in self.findings if finding.verdict in FAILING)

    @property
    def new(self) -> tuple[ScanFinding, ...]:
        """The failures that the baseline does not know; all of them without one."""
        return tuple(finding for finding in self.failures if finding.key() not in (self.known or ()))

    @property
    def new_crashes(self) -> tuple[Scanned, ...]:
        """The functions that have ended their process, and are not known for it."""
        crashed = [record for record in self.functions if record.status == "crashed"]
        return tuple(record for record in crashed if _crash_key(record) not in (self.known or ()))

    @property
    def gone(self) -> tuple[str, ...]:
        """Keys of the baseline that stand for nothing any more, in functions that were checked now."""
        checked = {record.function for record in self.functions if record.status == "checked"}
        left = (self.known or frozenset()) - self._keys()
        return tuple(sorted(key for key in left if key.partition(" | ")[0] in checked))

    @property
    def counts(self) -> dict[str, int]:
        """How many functions have which status."""
        return dict(collections.Counter(record.status for record in self.functions))

    @property
    def ok(self) -> bool:
        """Whether something was checked, and nothing is wrong but what the baseline knows."""
        return "checked" in self.counts and not self.new and not self.new_crashes

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_failed(self) -> ScanReport:
        """Return the report itself when it is ok, else raise `VerificationError` with the report as its text."""
        if not self.ok:
            raise VerificationError(str(self))
        return self

    def __str__(self) -> str:
        return table.text(self)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "ok": self.ok,
            "modules": list(self.modules),
            "seed": self.seed,
            "versions": dict(self.versions),
            "counts": self.counts,
            "new": [finding.key() for finding in self.new] + [_crash_key(record) for record in self.new_crashes],
            "gone": list(self.gone),
            "functions": [record.to_dict() for record in self.functions],
            "seconds": round(self.seconds, 3),
        }

    def to_json(self) -> str:
        """Return the report as a JSON object."""
        return json.dumps(self.to_dict(), indent=2)

    def to_html(self) -> str:
        """Return the report as one page with filters, which needs no other file (needs the extra `html`)."""
        return page.html(self)

    def save(self, path: str | Path) -> None:
        """Write the page (.html), the JSON (.json) or the text (.txt), whole or not at all.

        Raises:
            ValueError: the name has another suffix.
        """
        path = Path(path)
        forms = {".html": self.to_html, ".json": self.to_json, ".txt": self.__str__}
        if path.suffix not in forms:
            raise ValueError(f"`path` must end with {', '.join(forms)}; got {path.name}.")
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_text(forms[path.suffix]() + "\n", "utf-8")
        os.replace(unfinished, path)

    def save_baseline(self, path: str | Path) -> None:
        """Write the keys of what fails now, so that the next scan fails only on others.

        What the baseline in use holds of functions that were not checked now stays.
        """
        checked = {record.function for record in self.functions if record.status == "checked"}
        others = {key for key in self.known or () if key.partition(" | ")[0] not in checked}
        baseline.save(Path(path), self._keys() | others)

    def _keys(self) -> frozenset[str]:
        crashed = [_crash_key(record) for record in self.functions if record.status == "crashed"]
        return frozenset([*(finding.key() for finding in self.failures), *crashed])


def _crash_key(record: Scanned) -> str:
    return f"{record.function} | crashed"
