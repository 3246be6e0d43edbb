"""Types and shapes as HDF5 describes them, and the texts and numbers that they describe."""

import math
import struct

import numpy as np

from jaxcnn.models.hdf5.content import Content

_STRING, _VARIABLE = 3, 9  # classes of types
_REFERENCE = 16  # bytes of an element that stands in a heap: length, address of the heap, index in it
_MOST_AXES = 32

# Numbers of IEEE 754, little-endian, as HDF5 spells them out: sign at the top, then exponent, then mantissa.
_FLOATS = {
    bytes((0x11, 0x20, 8 * size - 1, 0))
    + struct.pack("<IHHBBBBI", size, 0, 8 * size, mantissa, 8 * size - 1 - mantissa, 0, mantissa, bias): f"<f{size}"
    for size, mantissa, bias in ((2, 10, 15), (4, 23, 127), (8, 52, 1023))
}


def float_type(content: Content, datatype: bytes) -> np.dtype:
    """Return the NumPy type of an array's numbers.

    Raises:
        ModelError: if they are not float16, float32 or float64, little-endian.
    """
    if (name := _FLOATS.get(datatype[:20])) is None:
        content.refuse(f"an array's numbers are of a type that is not read, {datatype[:20].hex()}")
    return np.dtype(name)


def shape(content: Content, dataspace: bytes) -> tuple[int, ...]:
    """Return the shape that a dataspace message describes; () for a single value."""
    version, rank = dataspace[:2] if len(dataspace) >= 4 else (0, 0)
    start = {1: 8, 2: 4}.get(version)
    if start is None or rank > _MOST_AXES or len(dataspace) < start + 8 * rank:
        content.refuse(f"a shape is described in a way that is not read, {dataspace[:8].hex()}")
    return struct.unpack_from(f"<{rank}Q", dataspace, start)


def texts(content: Content, datatype: bytes, dataspace: bytes, values: bytes) -> list[str]:
    """Return the texts of an attribute; an empty attribute of any type has none.

    Raises:
        ModelError: if they are damaged, or no texts.
    """
    count = math.prod(shape(content, dataspace))
    if count == 0:
        return []
    if len(datatype) < 8:
        content.refuse("the type of an attribute is cut short")
    kind, variable = datatype[0] & 0x0F, datatype[1] & 0x0F
    (size,) = struct.unpack_from("<I", datatype, 4)
    if kind not in (_STRING, _VARIABLE) or (kind == _VARIABLE and (variable != 1 or size != _REFERENCE)):
        content.refuse(f"an attribute that should be text is of type {kind}")
    if size * count > len(values):
        content.refuse(f"an attribute of {count} texts of {size} bytes is stored in {len(values)} bytes")
    parts = [values[row * size : (row + 1) * size] for row in range(count)]
    if kind == _VARIABLE:
        parts = _in_heaps(content, parts)
    try:
        return [part.split(b"\0")[0].decode("utf-8") for part in parts]
    except UnicodeDecodeError as error:
        content.refuse(f"a text is not in UTF-8 ({error.reason})")


def _in_heaps(content: Content, references: list[bytes]) -> list[bytes]:
    """Return the texts that references stand for; all of them, and all their heaps, fit into the file together."""
    heaps: dict[int, dict[int, bytes]] = {}
    found, left = [], 2 * len(content)
    for length, address, index in (struct.unpack("<IQI", reference) for reference in references):
        if address not in heaps:
            left -= content.numbers("8xQ", address, "a heap of texts")[0]
            heaps[address] = _heap(content, address)
        left -= length
        stored = heaps[address].get(index, b"")
        if length > len(stored) or left < 0:
            content.refuse(f"a text of {length} bytes is not in its heap at {address}")
        found.append(stored[:length])
    return found


def _heap(content: Content, address: int) -> dict[int, bytes]:
    """Return the objects of a global heap by index."""
    content.expect(b"GCOL\1", address, "a heap of texts")
    (size,) = content.numbers("8xQ", address, "a heap of texts")
    heap, place, found = content.part(address, size, "a heap of texts"), 16, {}
    while place + 16 <= size:
        index, length = struct.unpack_from("<HxxxxxxQ", heap, place)
        if index == 0:  # the free rest
            break
        if place + 16 + length > size:
            content.refuse(f"an object of {length} bytes leaves its heap at {address}")
        found[index] = heap[place + 16 : place + 16 + length]
        place += 16 + -(-length // 8) * 8
    return found
