"""Refusing what would not fit, in a sentence and before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_GROUPS = (  # of processes that a container's limit holds for (cgroup 2, 1): limit, use, and how files in it are called
    (Path("/sys/fs/cgroup"), "memory.max", "memory.current", "inactive_file"),
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def require(needed: int, what: str, advice: str) -> None:
    """Raise unless `needed` bytes are free.

    Raises:
        ValueError: they are not; the sentence says what needs them, how many there are and what to do.
    """
    free = available()
    if free is not None and needed > free:
        raise ValueError(f"{what} needs {_gigabytes(needed)}, and {_gigabytes(free)} of memory are free: {advice}.")


def available() -> int | None:
    """How many bytes can still be allocated, as far as the system says; None where it does not."""
    found = [left for left in (_left(*group) for group in _GROUPS) if left is not None]
    if _MEMINFO.exists():
        words = _MEMINFO.read_text("ascii").split()
        found.append(int(words[words.index("MemAvailable:") + 1]) * 1024)
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def _left(group: Path, limit: str, used: str, files: str) -> int | None:
    """What a container may still use, where it has a limit; cached files that nobody reads give way."""
    if not (group / limit).exists() or not (text := (group / limit).read_text("ascii").strip()).isdecimal():
        return None
    stat = (group / "memory.stat").read_text("ascii").split()
    cached = int(stat[stat.index(files) + 1]) if files in stat else 0
    return max(0, int(text) - int((group / used).read_text("ascii")) + cached)


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.3g} GB" if count < 1e12 else f"{count / 1e9:,.0f} GB"
