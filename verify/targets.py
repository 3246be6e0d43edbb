"""What a command line names: `package.module:function`, found by importing the module."""

from __future__ import annotations

import contextlib
import dis
import importlib
import inspect
import sys
import traceback
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any

_LIBRARIES = {"jax", "jaxlib", "numpy", "scipy", "typer", "click", "__main__", *sys.stdlib_module_names}


class ProgramError(Exception):
    """What the command line names has raised an error of its own."""


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
    try:
        given = found() if callable(found) else found
    except Exception as error:
        raise ProgramError(_told(target, error)) from error
    return tuple(given) if isinstance(given, tuple | list) else (given,)


@contextlib.contextmanager
def blaming(target: str, fun: Any, args: Sequence[Any]) -> Iterator[None]:
    """Tell errors that the program raises from those of verify, which pass through.

    Raises:
        ValueError: the program does not take as many arguments.
        ProgramError: it has raised an error; the message says which and where.
    """
    try:
        signature = inspect.signature(fun)
    except (TypeError, ValueError):  # no function, or one written in C
        signature = None
    if signature is not None:
        try:
            signature.bind(*args)
        except TypeError as error:
            raise ValueError(f"`{target}` cannot be called with the {len(args)} of --args: {error}.") from error
    try:
        yield
    except Exception as error:
        if not _program_line(error):
            raise
        raise ProgramError(_told(target, error)) from error


def meant(error: Exception) -> bool:
    """Whether verify raised this error by a `raise` of its own, and not by an operation that failed."""
    if not isinstance(error, ValueError | TypeError | ImportError | AttributeError):
        return False
    last: Any = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code.co_code
    return _top(last.tb_frame) == "verify" and dis.opname[code[last.tb_lasti]] == "RAISE_VARARGS"


def first_line(error: Exception) -> str:
    """The first line of its message, or its type where it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _told(target: str, error: Exception) -> str:
    line = _program_line(error)
    return f"`{target}` raised {type(error).__name__}: {first_line(error)}" + (f" ({line})" if line else "")


def _program_line(error: Exception) -> str | None:
    """`file:line` of the program at which the error arose; None where verify was called in between, or no program."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        top = _top(frame)
        if top not in _LIBRARIES:
            return None if top == "verify" else f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{line}"
    return None


def _top(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def import_lines(target: str, args: str) -> tuple[str, ...]:
    """Lines of Python that make `fun` and `args` of what the command line names, as `load` and `arguments` do."""
    made = ["args = args()"] if callable(load(args, "--args")) else []
    one = "args = tuple(args) if isinstance(args, tuple | list) else (args,)"
    return imported("fun", target), imported("args", args), *made, one


def imported(role: str, target: str) -> str:
    """A line of Python that makes `role` of what `package.module:name` names."""
    module, _, name = target.partition(":")
    top, *inner = name.split(".")
    line = f"from {module} import {top}" + (f" as {role}" if top != role else "")
    return f"{line}; {role} = {'.'.join([role, *inner])}" if inner else line
