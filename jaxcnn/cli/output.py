"""Consoles and files of the command line: plain text when piped, whole files or none."""

import os
from pathlib import Path

from rich.console import Console

from jaxcnn._files import written_whole

_PIPED_WIDTH = 160  # wide enough for every table, so that no line is folded on its way to a file or to grep


def console(*, stderr: bool = False) -> Console:
    """Return a console that colours on a terminal only, and does not fold lines elsewhere."""
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=_PIPED_WIDTH)


def check_writable(path: Path) -> None:
    """Fail before long work when a result could not be written at its end.

    Raises:
        OSError: the folder is missing or not writable, or the path is a folder.
    """
    folder = path.resolve().parent
    if path.is_dir():
        raise IsADirectoryError(f"`{path}` is a folder: name a file to write.")
    if not folder.is_dir():
        raise FileNotFoundError(f"`{path}` cannot be written: the folder {folder} does not exist.")
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"`{path}` cannot be written: no permission to write into {folder}.")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: under a temporary name beside it, then renamed.

    Raises:
        OSError: the file cannot be written; nothing is left behind and an older file is untouched.
    """
    with written_whole(path) as temporary:
        temporary.write_text(text, "utf-8")


def sentence(error: Exception) -> str:
    """Return what an exception says to a user."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}."  # without Python's number and quotes
    return str(error) or type(error).__name__
