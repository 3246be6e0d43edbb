"""A checkpoint that cannot be written, mostly since the disk is full: one sentence instead of what Orbax logs."""

import contextlib
import errno
import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

# How TensorStore, which writes for Orbax, ends the text of a ValueError that the operating system is the cause of.
_SYSTEM = re.compile(r"\[os_error_code='(\d+)'")
_AROUND = 2**16  # bytes, of the files that say where each array lies, and of the manifest


def require_room(folder: Path, size: int) -> None:
    """Fail before anything is written where `size` bytes of arrays would not find room.

    Half-way, threads of TensorStore would fail one after the other, each with a traceback that nobody can catch.

    Raises:
        OSError: says how much there is.
    """
    free = shutil.disk_usage(folder).free
    if free < size + _AROUND:
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: it may take {size + _AROUND:,} bytes, of {free:,}")


@contextlib.contextmanager
def told_if_unwritten(what: str) -> Iterator[None]:
    """Turn a failure to write into one `OSError` that says what was not written, and why.

    Raises:
        OSError: instead of any other, and of the ValueError that Orbax raises.
    """
    log = logging.getLogger("absl")
    log.addFilter(_else_unsaid)  # each thread of Orbax logs what is then raised, with its traceback
    try:
        yield
    except (OSError, ValueError) as error:
        found = _SYSTEM.search(str(error))
        if found is None and not isinstance(error, OSError):
            raise
        why = os.strerror(int(found[1])) if found else str(getattr(error, "strerror", None) or error)
        raise OSError(
            f"{what} could not be written ({why}): those before it are kept; make room, and resume."
        ) from error
    finally:
        log.removeFilter(_else_unsaid)


def _else_unsaid(record: logging.LogRecord) -> bool:
    raised = record.exc_info[1] if record.exc_info else None
    return not (isinstance(raised, OSError) or _SYSTEM.search(f"{record.getMessage()} {raised}"))
