"""What a benchmark found, in one shape for all: rows, and where and how they were measured."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGES = (
    "jaxcnn",
    "jax",
    "jaxlib",
    "flax",
    "optax",
    "numpy",
    "scipy",
    "chex",
    "distributed",
    "torch",
    "keras",
    "tensorflow",
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
        section: the table it stands in.
        what: what was measured.
        value: the median, or a count; None where nothing could be measured.
        unit: of the value; "samples/s" and other rates are better when larger, "s" when smaller.
        low: the smallest of the rounds.
        high: the largest.
        n: how many rounds.
        beside: the best peer, or the floor that the hardware sets.
        ratio: how many times as good as that; below 1 it is better than we are.
        least: the ratio that is claimed, None for no claim.
        note: whatever else is to be said, such as what went wrong.
        more: other numbers by name.
        floor: `beside` is a limit that nothing goes beyond, not a peer to be faster than.
        always: the claim is no claim about time or size: it is made in a smoke run as well.
    """

    section: str
    what: str
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    n: int = 1
    beside: str = ""
    ratio: float | None = None
    least: float | None = None
    note: str = ""
    more: dict[str, float] = dataclasses.field(default_factory=dict)
    floor: bool = False
    always: bool = False

    @property
    def slower(self) -> bool:
        """Whether a peer does better than we do."""
        return self.ratio is not None and self.ratio < 1 and not self.floor

    @property
    def holds(self) -> bool:
        """Whether what is claimed was found; True where nothing is claimed."""
        return self.least is None or (self.ratio is not None and self.ratio >= self.least)


def machine() -> dict[str, Any]:
    """Return what the measurements depend on that is no software."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory, GiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.system(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of what is installed of `PACKAGES`."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Return the commit that was measured, "+" behind it if files were changed since, "" if that is not known."""
    here = Path(__file__).parent
    try:
        ask = ["git", "-C", str(here)]
        name = subprocess.run([*ask, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*ask, "diff", "--quiet", "HEAD"], capture_output=True, check=False).returncode
    except (OSError, subprocess.CalledProcessError):
        return ""
    return name[:12] + ("+" if changed else "")


def record(benchmark: str, rows: Sequence[Row], **more: Any) -> dict[str, Any]:
    """Return everything about a run, for a JSON file."""
    return {
        "benchmark": benchmark,
        "command": " ".join(["python -m", f"benchmarks.{benchmark}", *map(_told, sys.argv[1:])]),
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        **more,
        "rows": [dataclasses.asdict(row) for row in rows],
    }


def save(path: str | os.PathLike[str], recorded: dict[str, Any]) -> None:
    """Write a record, by a temporary name, so that no reader finds half of one."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.write_text(json.dumps(recorded, indent=1) + "\n", "utf-8")
    temporary.replace(target)


def _told(word: str) -> str:
    """An argument of the command line; of a path that holds on this machine only, its end."""
    return Path(word).name if os.path.isabs(word) else word


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
