"""A file of findings that are known, kept with a library's sources: only what is not in it fails."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path

_FORMAT = "verify scan baseline 1"


def load(path: Path) -> frozenset[str]:
    """The keys that the file holds.

    Raises:
        ValueError: it is no baseline.
        OSError: it cannot be read.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"the baseline {path} is not JSON: {error}.") from error
    keys = found.get("known") if isinstance(found, dict) and found.get("format") == _FORMAT else None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ValueError(f"{path} is no baseline of a scan: write one with --update-baseline.")
    return frozenset(keys)


def save(path: Path, keys: Collection[str]) -> None:
    """Write the keys, sorted and one a line, so that a change of the file shows what changed; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(json.dumps({"format": _FORMAT, "known": sorted(set(keys))}, indent=1) + "\n", "utf-8")
    os.replace(unfinished, path)
