"""Failing examples that several searches share, through Hypothesis's own interface for databases of examples."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any


def database(found: Any, make: Callable[..., Any]) -> Any:
    """The examples of one `make` in a `hypothesis.database.ExampleDatabase`; None for None.

    Hypothesis tells tests apart by their source, and all searches run the same: here they have the name of `make`.

    Raises:
        ImportError: Hypothesis is not installed.
        TypeError: `found` is no database.
    """
    if found is None:
        return None
    importlib.import_module("verify.strategies")  # which has the error for a missing Hypothesis
    from hypothesis.database import ExampleDatabase

    if not isinstance(found, ExampleDatabase):
        raise TypeError(f"`database` must be a hypothesis.database.ExampleDatabase; got {type(found).__name__}.")
    name = f"{getattr(make, '__module__', '')}.{getattr(make, '__qualname__', type(make).__qualname__)}:".encode()

    class Named(ExampleDatabase):
        def save(self, key: bytes, value: bytes) -> None:
            found.save(name + key, value)

        def fetch(self, key: bytes) -> Iterable[bytes]:
            yield from found.fetch(name + key)

        def delete(self, key: bytes, value: bytes) -> None:
            found.delete(name + key, value)

    return Named()
