"""Refusing what would not fit, in a sentence and before anything is allocated."""

from __future__ import annotations

import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


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
    found = [limit for limit in map(_number, _LIMITS) if limit is not None]
    if _MEMINFO.exists():
        words = _MEMINFO.read_text("ascii").split()
        found.append(int(words[words.index("MemAvailable:") + 1]) * 1024)
    elif "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(found, default=None)


def _number(file: Path) -> int | None:
    """The limit of a container, where there is one."""
    text = file.read_text("ascii").strip() if file.exists() else ""
    return int(text) if text.isdecimal() else None


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.3g} GB" if count < 1e12 else f"{count / 1e9:,.0f} GB"
