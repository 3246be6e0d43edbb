"""The file that a scan writes as it goes, one line of JSON a function, and from which a killed scan goes on.

The first line says what is scanned, and of which sources: a file of others is refused and never mixed. What follows
is only ever appended, and is on the disk before anybody is told of it. A line that a kill has cut off is dropped, and
its function examined again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from verify.scanning.record import Scanned

_FORMAT = "verify scan 1"


class Store:
    """The records of one scan in `path`, which is made where there is none; one process at a time may hold it.

    Attributes:
        done: What the file held when it was opened, by the function's name.

    Raises:
        ValueError: the file is another scan's, no scan's, in use, or damaged before its last line.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        made = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("a+b", buffering=0)
        try:
            self._lock()
            self.done = self._read({"format": _FORMAT, **header})
            for folder in (path.parent, *(one.parent for one in made)):
                _keep_names(folder)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, records: Iterable[Scanned]) -> None:
        """Add records; when this returns they are on the disk.

        Raises:
            OSError: they cannot be written, since the disk is full for instance; what was there before still is.
        """
        self._write(record.to_dict() for record in records)

    def _write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        remaining = "".join(json.dumps(line) + "\n" for line in lines).encode()
        good = os.fstat(self._file.fileno()).st_size
        try:
            while remaining:  # an unbuffered write may be short
                remaining = remaining[self._file.write(remaining) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            self._file.truncate(good)  # nobody was told of what was written of these
            raise OSError(
                f"{self.path} cannot take more records ({error.strerror}): those that it has are kept; make room, and "
                "go on from it."
            ) from error

    def _lock(self) -> None:
        import fcntl  # not on Windows, where `verify` must load all the same

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process, however that ends
        except BlockingIOError as error:
            raise ValueError(f"{self.path} is in use by another scan: wait for it, or name another file.") from error

    def _read(self, header: Mapping[str, Any]) -> dict[str, Scanned]:
        self._file.seek(0)
        text = self._file.read()
        first, newline, rest = text.partition(b"\n")
        begun = json.dumps(header).encode()
        if not newline and begun.startswith(first):  # empty, or killed while its first line was written
            self._file.truncate(0)
            self._write([header])
            return {}
        self._same(_object(first), header)
        done: dict[str, Scanned] = {}
        *lines, torn = rest.split(b"\n")
        good = len(text) - len(torn)
        for number, line in enumerate(lines, 2):
            found = _object(line)
            if found is None and number == len(lines) + 1:  # whole blocks may be lost with the power
                good -= len(line) + 1
                break
            try:
                record = Scanned.from_dict(found or {})
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"line {number} of {self.path} is no record of a scan: {error}") from error
            done[record.function] = record
        self._file.truncate(good)
        return done

    def _same(self, found: Mapping[str, Any] | None, header: Mapping[str, Any]) -> None:
        if found is None or found.get("format") != _FORMAT:
            raise ValueError(f"{self.path} does not begin as the record of a scan does: name another file.")
        for name in sorted({*found, *header}):
            its, ours = found.get(name), header.get(name)
            if its == ours:
                continue
            if isinstance(its, dict) and isinstance(ours, dict):
                differ = [key for key in {**its, **ours} if its.get(key) != ours.get(key)]
                its, ours = ({key: one.get(key) for key in differ} for one in (its, ours))
            raise ValueError(
                f"{self.path} holds another scan, with {name} {_told(its)} and not {_told(ours)}: name another file."
            )


def _keep_names(folder: Path) -> None:
    """Bring a folder to the disk: else a file that is new in it, whatever of it is on the disk, may have no name."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {entry}" for name, entry in value.items())
    return str(value)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:  # undecodable bytes as well
        return None
    return found if isinstance(found, dict) else None
