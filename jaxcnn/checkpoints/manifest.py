"""The last word of a checkpoint: a small file that lists the sums of all its files, and makes it count.

It is written after everything else, whole or not at all, and begins with a sum of itself. So a checkpoint without one
was never finished, and one that differs from it was cut short or altered since: neither is given to Orbax to read.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from jaxcnn._files import written_whole
from jaxcnn.checkpoints.errors import CheckpointError

_CHUNK = 2**20
_LARGEST = 2**28  # bytes; more is no manifest of ours


def write_manifest(path: Path, folder: Path, about: dict[str, Any]) -> None:
    """Write the sums of all files in `folder`, and `about`, whatever JSON can hold."""
    text = json.dumps({"files": _sums(folder), "about": about})
    with written_whole(path) as temporary:
        temporary.write_text(f"{_sum(text.encode())}\n{text}\n", "utf-8")


def read_manifest(path: Path, folder: Path) -> dict[str, Any]:
    """Return what was written as `about`, if every file is as it was.

    Raises:
        CheckpointError: if one is not; the sentence names no checkpoint.
    """
    if path.stat().st_size > _LARGEST:
        raise CheckpointError(f"{path.name} holds more than {_LARGEST} bytes")
    declared, _, rest = path.read_bytes().partition(b"\n")
    text = rest.removesuffix(b"\n")
    if declared != _sum(text).encode():
        raise CheckpointError(f"{path.name} is cut short or was altered")
    told = json.loads(text)
    found = _sums(folder) if folder.is_dir() else {}
    if found != told["files"]:
        files = sorted({name for name, _ in found.items() ^ told["files"].items()})
        raise CheckpointError(f"{len(files)} of its files are missing, cut short or altered, among them {files[0]}")
    return told["about"]


def _sums(folder: Path) -> dict[str, str]:
    """Return the sum of every file, by its path in the folder."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): _sum_of_file(file) for file in files}


def _sum_of_file(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_CHUNK):
            total.update(part)
    return total.hexdigest()


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
