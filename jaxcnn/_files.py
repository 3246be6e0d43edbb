"""Files that are written whole or not at all (a leaf: it imports nothing of the package)."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; afterwards the file there is renamed to `path`.

    Raises:
        OSError: if it cannot be written; nothing is left behind and an older file is untouched.
    """
    target = path.resolve()  # through a symbolic link to the file it stands for
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    temporary = Path(name)
    temporary.chmod(_permissions(target))
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if (named := _named(error, target)) is None:
            raise
        raise named from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _named(error: OSError, target: Path) -> OSError | None:
    """Return an error with the name of the file and in the system's words, if this one lacks them: on a full disk."""
    told_by_hdf5 = re.search(r"errno = (\d+)", str(error))  # in the midst of two lines of its own
    number = int(told_by_hdf5[1]) if told_by_hdf5 else error.errno
    if number is None or (error.filename is not None and not told_by_hdf5):
        return None
    return OSError(number, os.strerror(number), str(target))


def _permissions(target: Path) -> int:
    """Return those of the older file, else those of any new one; a temporary file is its owner's alone."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
