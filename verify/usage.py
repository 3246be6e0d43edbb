"""A command line whose usage errors are one sentence, where Typer prints three lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from typing import Any

import typer

# Typer's own name for it: some versions bring their own copy of Click, and none exports this class.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]
_STOPPED = 130  # 128 + SIGINT, as shells have it


def run(app: typer.Typer, arguments: list[str] | None, name: str) -> int:
    """Run a command line and return its exit code.

    Args:
        app: the commands.
        arguments: None for those of the process.
        name: of the program, as its users type it.

    Returns:
        The code that the command exits with; 2 for bad usage, which is told in one sentence on stderr; 130 where it was
        stopped from the keyboard. A program without arguments shows its help.
    """
    try:
        return int(app(args=arguments, prog_name=name, standalone_mode=False) or 0)
    except typer.Abort:  # some versions of Typer raise this, others return the code
        return _STOPPED
    except _UsageError as error:
        print(_sentence(error, name), file=sys.stderr)
        return 2


def version_option(name: str) -> Any:
    """Return the option --version of a program: its version and that of JAX, which decides what a derivative is."""
    return typer.Option("--version", callback=_teller(name), is_eager=True, help="Show the versions and exit.")


def _teller(name: str) -> Callable[[bool], None]:
    def tell(asked: bool) -> None:
        if asked:
            print(f"{name} {metadata.version('jaxcnn')}, jax {metadata.version('jax')}")
            raise typer.Exit

    return tell


def _sentence(error: Exception, name: str) -> str:
    told = str(error.format_message())  # type: ignore[attr-defined]
    if told.startswith("Usage:"):  # nothing was given: the message is the help
        return told
    context = getattr(error, "ctx", None)
    command = name if context is None else context.command_path
    joined = f"{told} See" if told.endswith("?") else f"{told.rstrip('.')}; see"
    return f"{command}: {joined} '{command} --help'."
