"""Which functions a module offers: the public callables that are neither classes nor modules, each object once."""

from __future__ import annotations

import importlib
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple


class Public(NamedTuple):
    """A function under the name it is best known by, and the other public names of the same object."""

    name: str
    aliases: tuple[str, ...]


def public_functions(*module_names: str) -> list[Public]:
    """The distinct public functions of modules and of the submodules that they offer, ordered by name.

    Public is what `__all__` lists, or else every name without an underscore in front. Jitted functions, `custom_jvp`
    objects and ufuncs count as functions; classes, modules and primitives do not. An object that has several names
    goes by the one it calls itself, in the module named first.

    Raises:
        ValueError: a module cannot be imported, or has no public function.
    """
    names: dict[int, list[str]] = {}
    objects: dict[int, Any] = {}
    for module_name in module_names:
        named = list(_named(_imported(module_name), module_name, set()))
        if not named:
            raise ValueError(f"module `{module_name}` must offer a public function; it has none.")
        for name, found in named:
            names.setdefault(id(found), []).append(name)
            objects[id(found)] = found
    return sorted(_public(objects[key], dict.fromkeys(known)) for key, known in names.items())


def resolve(name: str) -> Any:
    """The object that a dotted name stands for, the longest prefix that is a module imported.

    Raises:
        ValueError: there is no such object; the message says what is missing.
    """
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(found, part):
                raise ValueError(f"`{name}` must name a function; {found.__name__} has no {part}.")
            found = getattr(found, part)
        return found
    raise ValueError(f"`{name}` must name a module or a function; there is no module {parts[0]}.")


def _imported(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ValueError(f"`{name}` must be a module that can be imported: {error}.") from error


def _named(module: types.ModuleType, name: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    seen.add(id(module))
    for part in sorted(getattr(module, "__all__", None) or vars(module)):
        found = getattr(module, part, None)
        if part.startswith("_"):
            continue
        if isinstance(found, types.ModuleType):
            if found.__name__.startswith(f"{module.__name__}.") and id(found) not in seen:
                yield from _named(found, f"{name}.{part}", seen)
        elif callable(found) and not isinstance(found, type) and typing.get_origin(found) is None:
            yield f"{name}.{part}", found


def _public(found: Any, names: dict[str, None]) -> Public:
    own = [name for name in names if name.rsplit(".", 1)[-1] == getattr(found, "__name__", None)]
    best = (own or list(names))[0]
    return Public(best, tuple(name for name in names if name != best))
