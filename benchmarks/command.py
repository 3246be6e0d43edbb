"""What the command lines of all benchmarks have in common: `--smoke`, `--json FILE`, a table, an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.judged import small, text
from benchmarks.record import Row, record, save
from jaxcnn.cli.output import check_writable


def parser(name: str, doc: str | None, *, smoke: str) -> argparse.ArgumentParser:
    """A parser with the two options that every benchmark has; `smoke` says what is small in such a run."""
    made = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--smoke", action="store_true", help=f"{smoke}: does it run, not how fast")
    made.add_argument("--json", type=writable, metavar="FILE", help="save what was measured, where and how")
    return made


def writable(word: str) -> Path:
    """Read the name of a file that can be written."""
    path = Path(word)
    try:
        check_writable(path)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return path


def existing_folder(word: str) -> Path:
    """Read the name of a folder that is there."""
    path = Path(word)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"the folder {word} does not exist: make it, or name another one.")
    return path


def shard(text: str) -> tuple[int, int]:
    """Read K/N with 0 <= K < N."""
    first, slash, second = text.partition("/")
    if not (slash and first.isdecimal() and second.isdecimal() and int(first) < int(second)):
        raise argparse.ArgumentTypeError(f"a shard is K/N with 0 <= K < N; got {text!r}.")
    return int(first), int(second)


def finish(name: str, rows: Sequence[Row], options: argparse.Namespace, *, printed: bool = False, **more: Any) -> int:
    """Print the rows, unless they were `printed`, save them, and return the exit code: 1 if a claim does not hold."""
    rows = [small(row) for row in rows] if options.smoke else rows
    if not printed:
        print(text(rows), flush=True)
    if options.json is not None:
        save(options.json, record(name, rows, smoke=options.smoke, **more))
    return int(not all(row.holds for row in rows))
