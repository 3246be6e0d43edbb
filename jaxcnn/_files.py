"""Files that are written whole or not at all (a leaf: it imports nothing of the package)."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; afterwards the file there is renamed to `path`.

    Raises:
        OSError: if it cannot be written; nothing is left behind and an older file is untouched.
    """
    target = path.resolve()  # through a symbolic link to the file it stands for
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.open("xb").close()
    try:
        yield temporary
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
