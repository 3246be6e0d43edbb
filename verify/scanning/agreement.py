"""What a driver and the machines that work for it must have alike, and the sentence where they do not.

Findings depend on the versions of JAX, of NumPy and of the library that is scanned, and what is sent from one process
to another on that of Python. Of `verify` itself, and of a library that is found in a folder or installed from one to be
edited, the sources are compared: a version number stays where a file was edited.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path

_ALWAYS = ("jax", "jaxlib", "numpy", "mpmath")
_DIGITS = 10  # of a digest of sources: enough to tell two of them apart
_NONE = "none"


def here(libraries: tuple[str, ...]) -> Mapping[str, str]:
    """What this process would work with, by name: versions, or digests of sources; "none" for what is not there.

    Args:
        libraries: The top-level names of the modules that are scanned.
    """
    found = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}", "verify": _sources("verify")}
    for name in (*_ALWAYS, *libraries):
        found.setdefault(name, _version(name))
    return found


def difference(expected: Mapping[str, str], found: Mapping[str, str], where: str) -> str:
    """One sentence that says what differs, "" where nothing does."""
    different = [name for name in expected if found.get(name, _NONE) != expected[name]]
    if not different:
        return ""
    there = ", ".join(f"{name} {found.get(name, _NONE)}" for name in different)
    own = ", ".join(f"{name} {expected[name]}" for name in different)
    return f"{where} has {there}, and this process {own}: install the same on both."


def _version(name: str) -> str:
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:  # a library of one's own, in a folder
        return _sources(name)
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    return f"{found.version} {_sources(name)}" if origin.get("dir_info", {}).get("editable") else found.version


def _sources(name: str) -> str:
    """A digest of the Python files of a module or package, "none" where it is not found."""
    spec = importlib.util.find_spec(name)
    if spec is None:
        return _NONE
    if spec.origin is None or not Path(spec.origin).is_file():  # a folder without __init__.py, or built in
        return "some"
    file = Path(spec.origin)
    files = sorted(file.parent.rglob("*.py")) if spec.submodule_search_locations else [file]
    digest = hashlib.sha256()
    for one in files:
        digest.update(f"{one.relative_to(file.parent)}\0".encode() + one.read_bytes() + b"\0")
    return f"of sources {digest.hexdigest()[:_DIGITS]}"
