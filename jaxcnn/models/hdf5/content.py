"""The bytes of a file, which cannot be read past its end."""

import struct
from pathlib import Path
from typing import Any, NoReturn

from jaxcnn.models.errors import ModelError

LARGEST = 2**32  # bytes; a model file that is larger is taken for a mistake
UNDEFINED = 2**64 - 1  # the address of what is not there


class Content:
    """All bytes of a file in memory.

    Raises:
        ModelError: if the file is larger than any that is read; the sentence names no file.
        OSError: if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > LARGEST:
            raise ModelError(f"it holds {path.stat().st_size} bytes, more than is read, {LARGEST}")
        self._bytes = path.read_bytes()

    def __len__(self) -> int:
        return len(self._bytes)

    def part(self, address: int, length: int, what: str) -> bytes:
        """Return the `length` bytes at an address; `what` they are is for the error."""
        if address + length > len(self._bytes):
            self.refuse(f"{what} at {address} of {length} bytes lies outside its {len(self._bytes)} bytes")
        return self._bytes[address : address + length]

    def numbers(self, form: str, address: int, what: str) -> tuple[Any, ...]:
        """Return little-endian numbers in the form of `struct`."""
        return struct.unpack("<" + form, self.part(address, struct.calcsize("<" + form), what))

    def expect(self, mark: bytes, address: int, what: str) -> None:
        """Refuse a structure that does not begin with its mark."""
        if (found := self.part(address, len(mark), what)) != mark:
            self.refuse(f"{what} at {address} begins with {found!r} instead of {mark!r}")

    def refuse(self, fault: str) -> NoReturn:
        """Raise the error of a damaged file."""
        raise ModelError(f"it is damaged or cut short: {fault}")
