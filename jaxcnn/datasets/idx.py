"""IDX files, the format of MNIST: a magic number, big-endian sizes, then bytes; plain, or compressed as `.gz`.

The magic number is 0, 0, 8 (unsigned bytes) and the number of axes. A file is read as a stream that the sizes in its
header bound, so that a small file cannot fill the memory.

Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits.
"""

import contextlib
import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from jaxcnn.datasets.dataset import LARGEST
from jaxcnn.datasets.errors import DataError

_GZIP = b"\x1f\x8b"
_CHUNK = 2**20
DEFLATE_RATIO = 1032  # deflate's best: a match of 258 bytes in 2 bits


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the array of unsigned bytes in an IDX file.

    Args:
        path: the file; compressed if it is called `.gz`.
        axes: how many axes it must have: 3 for images, 1 for labels.

    Raises:
        DataError: if it is not such a file, is cut short, or holds more or less than its header declares.
        OSError: if it cannot be opened.
    """
    with _opened(path) as stream:
        shape = _shape(path, _read(stream, 4 + 4 * axes), axes)
        size = math.prod(shape)
        _check_size(path, shape, size)
        found = np.empty(size, np.uint8)
        filled = 0
        while filled < size:
            part = stream.read(min(_CHUNK, size - filled))
            if not part:
                raise DataError(f"{path} is cut short: {shape} is declared, but after {filled} bytes it ends.")
            found[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
            filled += len(part)
        if stream.read(1):  # at the end of a gzip stream this also compares its checksum
            raise DataError(f"{path} holds more than the {size} bytes that its header declares, {shape}.")
    return found.reshape(shape)


def idx_header(shape: tuple[int, ...]) -> bytes:
    """Return the header of an IDX file of unsigned bytes."""
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain or compressed file; faults of the compression become `DataError`."""
    with path.open("rb") as file:
        if path.suffix != ".gz":
            yield file
            return
        start = file.read(12)
        if start[:2] != _GZIP:
            raise DataError(f"{path} is called .gz but is no gzip file: it starts with {start!r}.")
        file.seek(0)
        try:
            with gzip.GzipFile(fileobj=file) as stream:
                yield stream  # type: ignore[misc]
        except EOFError as error:
            raise DataError(f"{path} is cut short: the compressed stream ends before its end mark.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path} is damaged: {error}.") from error


def _read(stream: IO[bytes], count: int) -> bytes:
    """Return `count` bytes, fewer only at the end; one read of a stream may return fewer."""
    parts = b""
    while len(parts) < count and (more := stream.read(count - len(parts))):
        parts += more
    return parts


def _shape(path: Path, header: bytes, axes: int) -> tuple[int, ...]:
    magic = idx_header((0,) * axes)[:4]
    if header[:4] != magic:
        what = {1: "labels", 3: "images"}.get(axes, f"{axes} axes")
        raise DataError(f"{path} is no IDX file of {what}: expected it to start with {magic!r}, got {header[:4]!r}.")
    if len(header) < 4 + 4 * axes:
        raise DataError(f"{path} is cut short: it ends within its header.")
    return struct.unpack(f">{axes}I", header[4:])


def _check_size(path: Path, shape: tuple[int, ...], size: int) -> None:
    """Refuse, before any memory is taken, sizes that the file cannot hold."""
    if size == 0:
        raise DataError(f"{path} holds nothing: its header declares {shape}.")
    if size > min(LARGEST, DEFLATE_RATIO * path.stat().st_size):
        raise DataError(f"{path} declares {shape}, {size} bytes: more than it can hold or than is read, {LARGEST}.")
