"""A scan as it goes on: what is kept already is not done again, what is new is kept before it is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Mapping, Sequence

from verify.scanning.process import Work
from verify.scanning.record import Scanned
from verify.scanning.store import Store
from verify.scanning.workers import examined

Examine = Callable[[Sequence[str], Work], Generator[list[Scanned], None, None]]

Progress = Callable[[int, int, Scanned | None], None]  # how many of how many are done, and the last one


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; its text says how far the scan came, and how it goes on."""


def run(
    names: Mapping[str, Sequence[str]],
    work: Work,
    store: Store | None = None,
    progress: Progress | None = None,
    examine: Examine = examined,
) -> list[Scanned]:
    """The records of all functions in the order of `names`, whatever the number of processes.

    Args:
        names: The functions' public names, each with its aliases.
        work: By whom and how they are examined.
        store: Where records are kept, and taken from where it has them.
        progress: Called at first and after every record.
        examine: Where: yields the records of the names it is given as they come; by default, on this machine.

    Raises:
        Interrupted: by Ctrl-C; every process is ended.
    """
    done = {name: record for name, record in (store.done if store else {}).items() if name in names}
    tell = progress or (lambda *_: None)
    tell(len(done), len(names), None)
    batches = examine([name for name in names if name not in done], work)
    try:
        for batch in batches:
            batch = [dataclasses.replace(record, aliases=tuple(names[record.function])) for record in batch]
            if store:
                store.append(batch)
            for record in batch:
                done[record.function] = record
                tell(len(done), len(names), record)
    except KeyboardInterrupt as error:
        kept = f"{store.path} keeps them, and goes on from there" if store else "nothing is kept without a file"
        raise Interrupted(f"interrupted after {len(done)} of {len(names)} functions: {kept}.") from error
    finally:
        batches.close()
    return [done[name] for name in names]
