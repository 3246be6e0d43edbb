"""Object headers, version 1: what a group or an array is, as a list of messages."""

import struct
from dataclasses import dataclass

from jaxcnn.models.errors import ModelError
from jaxcnn.models.hdf5.content import Content

DATASPACE, DATATYPE, LAYOUT, FILTERS, ATTRIBUTE, SYMBOL_TABLE = 0x01, 0x03, 0x08, 0x0B, 0x0C, 0x11
_CONTINUATION = 0x10
_SHARED = 0b10  # the message stands elsewhere


@dataclass(frozen=True)
class Message:
    """One message: its kind, and its bytes."""

    kind: int
    body: bytes


def messages(content: Content, address: int) -> list[Message]:
    """Return all messages of an object header, those in its continuation blocks included.

    Raises:
        ModelError: if it is damaged, or in a newer form.
    """
    what = "an object header"
    if content.part(address, 4, what) == b"OHDR":
        raise ModelError("it is in a newer form of HDF5 than Keras writes: save it again with Keras")
    version, count, size = content.numbers("BxH4xI4x", address, what)
    if version != 1:
        content.refuse(f"{what} at {address} has version {version} instead of 1")
    found: list[Message] = []
    blocks, seen, total = [(address + 16, size)], set(), 0
    while blocks:
        start, length = blocks.pop(0)
        total += length
        if start in seen or total > len(content):
            content.refuse(f"{what} at {address} continues where it has been")
        seen.add(start)
        for message in _block(content, start, length):
            if message.kind == _CONTINUATION:
                blocks.append(struct.unpack("<QQ", _long_enough(content, message, 16)[:16]))
            found.append(message)
    if len(found) < count:
        content.refuse(f"{what} at {address} declares {count} messages and holds {len(found)}")
    return found[:count]


def only(content: Content, found: list[Message], kind: int, what: str) -> bytes:
    """Return the body of the one message of a kind that an object must have."""
    bodies = [message.body for message in found if message.kind == kind]
    if len(bodies) != 1:
        content.refuse(f"{what} is described {len(bodies)} times")
    return bodies[0]


def _block(content: Content, start: int, length: int) -> list[Message]:
    block, place, found = content.part(start, length, "a block of messages"), 0, []
    while place + 8 <= length:
        kind, size, flags = struct.unpack_from("<HHB", block, place)
        if place + 8 + size > length:
            content.refuse(f"a message of {size} bytes leaves its block at {start}")
        if flags & _SHARED:
            content.refuse(f"a message at {start + place} stands elsewhere, which Keras does not write")
        found.append(Message(kind, block[place + 8 : place + 8 + size]))
        place += 8 + size
    return found


def _long_enough(content: Content, message: Message, length: int) -> bytes:
    if len(message.body) < length:
        content.refuse(f"a message of kind {message.kind} has {len(message.body)} instead of {length} bytes")
    return message.body
