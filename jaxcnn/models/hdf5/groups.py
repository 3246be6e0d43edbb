"""Groups as symbol tables: the names in a group, and where their objects are.

A tree leads to nodes of symbols; a symbol is the address of an object header, and the place of its name in a heap.
"""

import struct

from jaxcnn.models.hdf5.content import Content

_GROUP_TREE = 0
_DEEPEST = 16  # levels of a tree; every level multiplies the number of names by at least 2


def members(content: Content, symbol_table: bytes) -> dict[str, int]:
    """Return the addresses of a group's members by name, from the message that describes its symbol table.

    Raises:
        ModelError: if it is damaged.
    """
    if len(symbol_table) < 16:
        content.refuse(f"a symbol table is described in {len(symbol_table)} instead of 16 bytes")
    tree, heap = struct.unpack_from("<QQ", symbol_table)
    content.expect(b"HEAP", heap, "a heap of names")
    size, _, segment = content.numbers("QQQ", heap + 8, "a heap of names")
    names = content.part(segment, size, "the names of a group")
    found: dict[str, int] = {}
    for node in _leaves(content, tree):
        for name_at, header in _symbols(content, node):
            name = _name(content, names, name_at)
            if name in found:
                content.refuse(f"a group holds {name!r} twice")
            found[name] = header
    return found


def _leaves(content: Content, root: int) -> list[int]:
    """Return the addresses of the nodes of symbols, level by level, none of them visited twice."""
    (level,) = content.numbers("5xB", root, "a tree")
    if level > _DEEPEST:
        content.refuse(f"a tree at {root} has {level} levels")
    found, seen = [root], {root}
    for expected in range(level, -1, -1):
        found = [child for address in found for child in _children(content, address, expected)]
        for child in found:
            if child in seen:
                content.refuse(f"a tree visits {child} twice")
            seen.add(child)
    return found


def _children(content: Content, tree: int, expected: int) -> tuple[int, ...]:
    content.expect(b"TREE", tree, "a tree")
    kind, level, count = content.numbers("4xBBH", tree, "a tree")
    if (kind, level) != (_GROUP_TREE, expected):
        content.refuse(f"a tree at {tree} has kind {kind} and level {level} instead of {_GROUP_TREE} and {expected}")
    return content.numbers("8xQ" * count, tree + 24, "a tree's children")


def _symbols(content: Content, node: int) -> list[tuple[int, int]]:
    content.expect(b"SNOD", node, "a node of symbols")
    (count,) = content.numbers("6xH", node, "a node of symbols")
    content.part(node + 8, 40 * count, "a node of symbols")
    return [content.numbers("QQ", node + 8 + 40 * row, "a symbol") for row in range(count)]


def _name(content: Content, names: bytes, start: int) -> str:
    end = names.find(b"\0", start)
    if start >= len(names) or end < 0:
        content.refuse(f"a name at {start} lies outside its heap of {len(names)} bytes")
    try:
        return names[start:end].decode("utf-8")
    except UnicodeDecodeError:
        content.refuse(f"the name {names[start:end]!r} is no text")
