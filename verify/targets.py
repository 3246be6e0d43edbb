"""What a command line names: `package.module:function`, found by importing the module."""

from __future__ import annotations

import importlib
from typing import Any


def load(target: str, option: str) -> Any:
    """The object that `package.module:name` names; `name` may go on with dots.

    Raises:
        ValueError: the target has another form.
        ImportError: there is no such module, or it cannot be imported.
        AttributeError: the module has no such name.
    """
    module, colon, name = target.partition(":")
    if not (module and colon and name):
        raise ValueError(f"{option} must be written package.module:name; got {target!r}.")
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:  # whatever the module does when it is loaded
        raise ImportError(f"{option} {target}: cannot import {module} ({type(error).__name__}: {error}).") from error
    for part in name.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise AttributeError(f"{option} {target}: {module} has no {name}.") from error
    return found


def arguments(target: str) -> tuple[Any, ...]:
    """The arguments that `--args` names: a tuple, or a function without arguments that returns one."""
    found = load(target, "--args")
    given = found() if callable(found) else found
    return tuple(given) if isinstance(given, tuple | list) else (given,)


def import_lines(target: str, args: str) -> tuple[str, ...]:
    """Lines of Python that make `fun` and `args` of what the command line names, as `load` and `arguments` do."""
    made = ["args = args()"] if callable(load(args, "--args")) else []
    one = "args = tuple(args) if isinstance(args, tuple | list) else (args,)"
    return _imported("fun", target), _imported("args", args), *made, one


def _imported(role: str, target: str) -> str:
    module, _, name = target.partition(":")
    top, *inner = name.split(".")
    line = f"from {module} import {top}" + (f" as {role}" if top != role else "")
    return f"{line}; {role} = {'.'.join([role, *inner])}" if inner else line
