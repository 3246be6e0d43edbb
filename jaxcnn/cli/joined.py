"""A command that several processes run together: it ends for all of them, in a sentence, when it ends for one."""

import contextlib
import hashlib
import importlib.metadata
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import jax

from jaxcnn.cli.output import sentence
from jaxcnn.processes import Membership, Place, join
from jaxcnn.processes.membership import leave_at_once
from jaxcnn.processes.place import parsed

# What decides the last bit of a result.
_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy")


def place_of(coordinator: str | None, processes: int, number: int, seconds: float) -> Place | None:
    """Return the place of this process, or None for one that is alone.

    Raises:
        ValueError: if the options do not go together.
    """
    if coordinator is None:
        if processes > 1 or number:
            raise ValueError("`--processes` and `--process-id` need `--coordinator HOST:PORT`, where process 0 runs.")
        return None
    return parsed(coordinator, processes, number, seconds)


@contextlib.contextmanager
def joined(place: Place | None, told: dict[str, Any]) -> Iterator[bool]:
    """Be one of several processes, and give whether this is the one that prints.

    Args:
        place: of this process; None for one that is alone.
        told: what must be the same in all of them, as JSON can hold it.

    Raises:
        ProcessError: if the others do not come, or differ.
    """
    if place is None:
        yield True
        return
    member = join(place, {**_versions(), **told}, _ended)
    _own_output()
    try:
        yield place.number == 0
    except BaseException as error:
        _failed(member, error)
    member.finish()


def _versions() -> dict[str, str]:
    """Return the version of every package that computes, and of this one a sum of its sources."""
    total = hashlib.sha256()
    root = Path(__file__).parents[1]
    for file in sorted(root.rglob("*.py")):
        total.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return {name: importlib.metadata.version(name) for name in _PACKAGES} | {"jaxcnn's sources": total.hexdigest()[:12]}


def _own_output() -> None:
    """Keep the standard output to what we print: Gloo writes there who is connected, and it is not asked."""
    sys.stdout.flush()
    sys.stdout = open(os.dup(1), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _failed(member: Membership, error: BaseException) -> NoReturn:
    """Tell everyone why, and leave; not by `sys.exit`, at which JAX waits for the others."""
    if isinstance(error, jax.errors.JaxRuntimeError):
        member.wait_for_news()  # most likely a collective operation that missed someone: who, the watch will tell
    if isinstance(error, ValueError | TypeError | OSError | ImportError):
        told, code = sentence(error), 2
    else:
        traceback.print_exception(error)
        told, code = f"{type(error).__name__}: {error}", 1
    member.fail(told)
    _say(told)
    leave_at_once(code)


def _ended(why: str) -> NoReturn:
    _say(f"{why[0].upper()}{why[1:].rstrip('.')}: what was saved is kept; start all again, with `--resume`.")
    leave_at_once(2)


def _say(told: str) -> None:
    print(f"jaxcnn: {told}", file=sys.stderr, flush=True)
    sys.stdout.flush()
