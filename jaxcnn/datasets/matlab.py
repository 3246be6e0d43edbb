"""Numeric arrays from MATLAB 5 files (`.mat`), as far as labelled images need them.

Our own reader rather than SciPy's, because it meets files that nobody vouches for: every length is bounded by the size
of the file before memory is taken, checksums of compressed variables are compared, and a damaged file always ends in
one kind of error. Objects, cells, structures and functions are never built. The tests compare it with SciPy.

Source: MathWorks, MAT-File Format, R2024a: chapter "MAT-File Level 5".
"""

import math
import struct
from pathlib import Path

import numpy as np

from jaxcnn.datasets.dataset import LARGEST
from jaxcnn.datasets.errors import DataError
from jaxcnn.datasets.matlab_streams import Deflated, Plain, Stream

# How numbers are stored: MATLAB's code of a storage type, and NumPy's.
_STORAGE = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_NUMERIC_CLASSES = range(6, 16)  # double, single, then the integers
_COMPLEX = 0x0800
_HDF5 = b"\x89HDF"


def read_matlab(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the variables `names`, each in the type in which it is stored; other variables are passed over.

    Raises:
        DataError: if it is not such a file, is damaged or cut short, or lacks one of `names`.
        OSError: if it cannot be opened.
    """
    found: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        order = _byte_order(path, file.read(128))
        size = path.stat().st_size
        while tag := file.read(8):
            kind, length = _numbers(path, order + "II", tag)
            start = file.tell()
            if length > size - start:
                raise DataError(f"{path} is cut short: {length} bytes are declared where {size - start} are left.")
            if kind not in (_MATRIX, _COMPRESSED):
                raise DataError(f"{path} is damaged: element type {kind} where a variable is expected.")
            stream = Deflated(path, file, length, order) if kind == _COMPRESSED else Plain(path, file, length)
            name, array = _variable(stream, order, names)
            if name in found:
                raise DataError(f"{path} holds the variable {name} twice.")
            if array is not None:
                found[name] = array
            file.seek(start + length)
    if absent := [name for name in names if name not in found]:
        raise DataError(f"{path} holds no variable {' and no '.join(absent)}.")
    return found


def _byte_order(path: Path, header: bytes) -> str:
    if header[:4] == _HDF5 or header[:19] == b"MATLAB 7.3 MAT-file":
        raise DataError(f"{path} is a MATLAB 7.3 file, which is HDF5: save it with '-v7'.")
    order = {b"IM": "<", b"MI": ">"}.get(header[126:128], "")
    if not order or header[124:126] != (b"\x00\x01" if order == "<" else b"\x01\x00"):
        raise DataError(f"{path} is no MATLAB 5 file: its header of 128 bytes has no such version mark.")
    return order


def _variable(stream: Stream, order: str, names: tuple[str, ...]) -> tuple[str, np.ndarray | None]:
    """Return a variable's name and, if it is one of `names`, its array."""
    path = stream.path
    _, flags = _element(stream, order, _UINT32)
    _, dims = _element(stream, order, _INT32)
    _, name = _element(stream, order, _INT8)
    text = name.decode("latin-1")
    if text not in names:
        return text, None
    (word,) = _numbers(path, order + "I", flags[:4])
    shape = _numbers(path, f"{order}{len(dims) // 4}i", dims)
    if word & 0xFF not in _NUMERIC_CLASSES or word & _COMPLEX:
        raise DataError(f"{path}: the variable {text} must be an array of real numbers; got array class {word & 0xFF}.")
    if len(shape) < 2 or min(shape) < 1:
        raise DataError(f"{path}: the variable {text} holds nothing: its declared shape is {shape}.")
    storage, values = _element(stream, order, None)
    stream.finish()
    dtype = np.dtype(order + _STORAGE[storage])
    if len(values) != dtype.itemsize * math.prod(shape):
        raise DataError(f"{path}: the variable {text} is declared as {shape} but holds {len(values)} bytes.")
    return text, np.frombuffer(values, dtype).reshape(shape, order="F")


def _element(stream: Stream, order: str, expected: int | None) -> tuple[int, bytes]:
    """Return the type and the bytes of the next part of a variable; None expects any type of number."""
    first = stream.read(4)
    (word,) = _numbers(stream.path, order + "I", first)
    if word >> 16:  # up to four bytes are stored beside their type and length
        kind, length, padded = word & 0xFFFF, word >> 16, 4
    else:
        (length,) = _numbers(stream.path, order + "I", stream.read(4))
        kind, padded = word, -(-length // 8) * 8
    if kind not in _STORAGE or expected not in (None, kind):
        raise DataError(f"{stream.path} is damaged: element type {kind} where {expected or 'numbers'} is expected.")
    if length > min(padded, stream.most, LARGEST):
        raise DataError(f"{stream.path} is damaged: it declares {length} bytes where at most {stream.most} can be.")
    values = stream.read(length)
    stream.read(min(padded - length, stream.most))  # the last padding may be missing
    return kind, values


def _numbers(path: Path, form: str, data: bytes) -> tuple[int, ...]:
    try:
        return struct.unpack(form, data)
    except struct.error as error:
        raise DataError(f"{path} is cut short or damaged within a tag or a header of a variable.") from error
