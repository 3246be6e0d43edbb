"""An HDF5 file by paths: attributes that are texts, and arrays of floating point numbers."""

import math
import struct
from pathlib import Path

import numpy as np

from jaxcnn.models.errors import ModelError
from jaxcnn.models.hdf5.content import UNDEFINED, Content
from jaxcnn.models.hdf5.groups import members
from jaxcnn.models.hdf5.headers import ATTRIBUTE, DATASPACE, DATATYPE, FILTERS, LAYOUT, SYMBOL_TABLE, messages, only
from jaxcnn.models.hdf5.values import float_type, shape, texts

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_IN_ONE_PIECE = 1  # how an array is stored


class Hdf5:
    """An HDF5 file; `where` is a path in it, such as "model_weights/dense_0", and "" the whole.

    Raises:
        ModelError: if it is none, is cut short, or is in a newer form than Keras writes; the sentence names no file.
        OSError: if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._content = Content(path)
        if len(self._content) < len(_SIGNATURE) or self._content.part(0, 8, "a signature") != _SIGNATURE:
            raise ModelError("it is no HDF5 file, since it does not begin with the signature of one")
        version, offsets, lengths = self._content.numbers("8xB4xBB", 0, "a superblock")
        if version != 0 or (offsets, lengths) != (8, 8):
            raise ModelError("it is in another form of HDF5 than Keras writes: save it again with Keras")
        base, _, end, _, _, self._root = self._content.numbers("24x6Q", 0, "a superblock")
        if base != 0 or end > len(self._content):
            self._content.refuse(f"it should begin at 0 and end at {end}, and has {len(self._content)} bytes")
        self._groups: dict[int, dict[str, int]] = {}

    @property
    def size(self) -> int:
        """The bytes of the file, which no array in it can exceed."""
        return len(self._content)

    def attribute(self, where: str, name: str) -> list[str] | None:
        """Return the texts of an attribute, or None if there is none of that name.

        Raises:
            ModelError: if the object is not there, or damaged.
        """
        found = [self._attribute(m.body) for m in messages(self._content, self._address(where)) if m.kind == ATTRIBUTE]
        same = [parts for named, *parts in found if named == name.encode()]
        if len(same) > 1:
            self._content.refuse(f"{where or 'the file'} has the attribute {name!r} twice")
        return texts(self._content, *same[0]) if same else None

    def array(self, where: str) -> np.ndarray:
        """Return an array, as it is stored.

        Raises:
            ModelError: if it is not there, damaged, or stored in a form that Keras does not write.
        """
        content, found = self._content, messages(self._content, self._address(where))
        if any(message.kind == FILTERS for message in found):
            raise ModelError(f"{where} is compressed, which is not read: save it again with Keras")
        dtype = float_type(content, only(content, found, DATATYPE, f"the type of {where}"))
        dims = shape(content, only(content, found, DATASPACE, f"the shape of {where}"))
        layout = only(content, found, LAYOUT, f"the place of {where}")
        stored = self._stored(where, layout)
        if len(stored) != dtype.itemsize * math.prod(dims):
            content.refuse(f"{where} is declared as {dims} but stored in {len(stored)} bytes")
        return np.frombuffer(stored, dtype).reshape(dims)

    def _address(self, where: str) -> int:
        address = self._root
        for name in where.split("/") if where else ():
            if address not in self._groups:
                found = messages(self._content, address)
                self._groups[address] = members(self._content, only(self._content, found, SYMBOL_TABLE, "a group"))
            if name not in self._groups[address]:
                raise ModelError(f"it holds no {where}")
            address = self._groups[address][name]
        return address

    def _attribute(self, body: bytes) -> tuple[bytes, bytes, bytes, bytes]:
        """Return the name, type, shape and values in an attribute message; version 1 pads all but the last to 8."""
        start = {1: 8, 2: 8, 3: 9}.get(body[0] if body else 0)
        if start is None or len(body) < start:
            self._content.refuse("an attribute is described in a way that is not read")
        parts, place = [], start
        for length in struct.unpack_from("<HHH", body, 2):
            parts.append(body[place : place + length])
            place += -(-length // 8) * 8 if body[0] == 1 else length
        if place > len(body):
            self._content.refuse("an attribute is longer than its message")
        return parts[0].split(b"\0")[0], parts[1], parts[2], body[place:]

    def _stored(self, where: str, layout: bytes) -> bytes:
        version, kind = layout[:2] if len(layout) >= 18 else (0, 0)
        if version == 3 and kind == _IN_ONE_PIECE:
            address, length = struct.unpack_from("<QQ", layout, 2)
            return b"" if address == UNDEFINED else self._content.part(address, length, where)
        self._content.refuse(f"{where} is not stored in one piece, which is how Keras stores it")
