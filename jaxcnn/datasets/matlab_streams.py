"""The bytes of one variable of a `.mat` file, plain or compressed, in two forms that read alike."""

import struct
import zlib
from pathlib import Path
from typing import IO, Protocol

from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.idx import DEFLATE_RATIO

_CHUNK = 2**20
_MATRIX = 14


class Stream(Protocol):
    """Bytes in order; `most` bounds how many can follow."""

    path: Path

    @property
    def most(self) -> int:
        """Return a number of bytes that the rest of the variable cannot exceed."""

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes, which the caller has compared with `most`; DataError if they are not there."""

    def finish(self) -> None:
        """Refuse bytes that are left over, and compare the checksum if there is one."""


class Plain:
    """A variable that is stored as it is."""

    def __init__(self, path: Path, file: IO[bytes], length: int) -> None:
        self.path, self._file, self._left = path, file, length

    @property
    def most(self) -> int:
        """Return what is left."""
        return self._left

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        found = self._file.read(min(count, self._left))
        if len(found) < count:
            raise DataError(f"{self.path} is cut short or damaged: a variable ends {count - len(found)} bytes early.")
        self._left -= count
        return found

    def finish(self) -> None:
        """Refuse bytes that are left over."""
        if self._left:
            raise DataError(f"{self.path} is damaged: {self._left} bytes follow the values of a variable.")


class Deflated:
    """A variable in a zlib stream, whose first 8 bytes repeat that it is one and how long it is."""

    def __init__(self, path: Path, file: IO[bytes], length: int, order: str) -> None:
        self.path, self._file, self._compressed = path, file, length
        self._inflate, self._pending = zlib.decompressobj(), b""
        self._left = DEFLATE_RATIO * length  # until the variable has said how long it is
        kind, inside = struct.unpack(order + "II", self.read(8))
        if kind != _MATRIX or inside > self._left:
            raise DataError(f"{path} is damaged: a compressed element is no variable, or declares {inside} bytes.")
        self._left = inside

    @property
    def most(self) -> int:
        """Return what is left of the declared length."""
        return self._left

    def read(self, count: int) -> bytes:
        """Return exactly `count` bytes."""
        found = bytearray()
        while len(found) < count:
            if not (more := self._more(count - len(found))):
                raise DataError(f"{self.path} is cut short or damaged: a compressed variable ends early.")
            found += more
        self._left -= count
        return bytes(found)

    def finish(self) -> None:
        """Refuse bytes that are left over; at its end zlib compares the checksum."""
        if self._left or self._more(1) or not self._inflate.eof or self._inflate.unused_data or self._compressed:
            raise DataError(f"{self.path} is damaged: a compressed variable does not end where it should.")

    def _more(self, most: int) -> bytes:
        """Return 1 to `most` bytes, or none at the end of the stream."""
        while not self._inflate.eof:
            if not self._pending:
                self._pending = self._file.read(min(_CHUNK, self._compressed))
                self._compressed -= len(self._pending)
            source = self._pending
            try:
                found = self._inflate.decompress(source, most)
            except zlib.error as error:
                raise DataError(f"{self.path} is damaged: {error}.") from error
            self._pending = self._inflate.unconsumed_tail
            if found or not source:
                return found
        return b""
