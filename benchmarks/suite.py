"""All benchmarks: which there are, how one is run in a process of its own, and the table of what all of them found."""

from __future__ import annotations

import ast
import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import judged
from benchmarks.interleaved import table
from benchmarks.record import Row

HERE = Path(__file__).parent
# In this order; the GPU's runs where JAX finds one, or where it is asked for by name.
NAMES = (
    "matrices",
    "jacobians",
    "auditing",
    "scaling",
    "campaign",
    "devices",
    "training",
    "mutation",
    "false_alarms",
    "power",
    "gpu",
)
GPU = "gpu"
HEADS = ("benchmark", "what", "found", "times as good", "as", "claimed", "holds")
HELD, NOT_HELD = 0, 1  # exit codes of a benchmark that ran to its end


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one benchmark ended: its exit code, its seconds, and the rows that it saved."""

    name: str
    code: int
    seconds: float
    rows: tuple[Row, ...]

    @property
    def ended(self) -> bool:
        """Whether it ran to its end and said what it found."""
        return self.code in (HELD, NOT_HELD) and bool(self.rows)

    @property
    def told(self) -> str:
        """How it ended, in a few words."""
        if not self.ended:
            return f"failed, exit code {self.code}"
        slower, missed = sum(row.slower for row in self.rows), sum(not row.holds for row in self.rows)
        parts = [f"{missed} claims do not hold" if missed else "", f"slower in {slower} rows" if slower else ""]
        return ", ".join(filter(None, parts)) or "ok"


def question(name: str) -> str:
    """The first line of a benchmark's docstring; nothing is imported."""
    told = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text("utf-8"))) or ""
    return told.splitlines()[0]


def run(name: str, folder: Path, *, smoke: bool, more: Sequence[str] = ()) -> Outcome:
    """Run one benchmark in a process of its own, which saves what it finds to `folder`; what it prints is passed on."""
    file = folder / f"{name}.json"
    # where an older result lies, rows are read only if this run has written it
    before = file.stat().st_mtime_ns if file.exists() else None
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--smoke"] if smoke else []), *more, "--json", str(file)]
    began = time.monotonic()
    code = subprocess.run(command, stdout=subprocess.DEVNULL if smoke else None, check=False).returncode
    written = file.exists() and file.stat().st_mtime_ns != before
    rows = read(file) if written else ()
    return Outcome(name, code, time.monotonic() - began, rows)


def read(file: Path) -> tuple[Row, ...]:
    """The rows of a saved record."""
    saved: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return tuple(Row(**row) for row in saved["rows"])


def summary(outcomes: Iterable[Outcome]) -> str:
    """One table: every row that stands beside a floor or a peer, and those where nothing could be measured."""
    cells = [HEADS]
    for outcome in outcomes:
        if not outcome.ended:
            cells.append((outcome.name, f"FAILED with exit code {outcome.code}", *[""] * (len(HEADS) - 2)))
        cells += [_cells(outcome.name, row) for row in outcome.rows if row.beside or row.value is None]
    return table(cells)


def _cells(name: str, row: Row) -> tuple[str, ...]:
    what = f"{row.section}: {row.what}"
    if row.value is None:
        return (name, what, row.note, *[""] * (len(HEADS) - 3))
    least = "" if row.least is None else f"{row.least:.3g}"
    found = f"{judged.number(row.value)} {row.unit}"
    return (name, what, found, judged.told_ratio(row), judged.beside(row), least, judged.verdict(row))


def has_gpu() -> bool:
    """Whether JAX finds a GPU; asked in another process, so that this one holds no memory of it."""
    ask = "import jax; print(jax.default_backend())"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "gpu"
