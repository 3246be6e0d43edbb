"""Functions examined in processes of their own, several at once, none of which can stop or stall the others."""

from __future__ import annotations

import collections
import selectors
import time
from collections.abc import Generator, Sequence

from verify.scanning.process import Process, Work
from verify.scanning.record import Scanned


class Place:
    """Where one function at a time is examined: by a process that is replaced when it has ended or has grown."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.process = Process(work)

    @property
    def name(self) -> str:
        """The function that is examined now, "" for none."""
        return self.process.name

    def give(self, name: str) -> None:
        """Have a function examined."""
        if self.process.retired:
            self._renew()
        self.process.give(name)

    def taken(self) -> Scanned | None:
        """The record of its function; None while there is none."""
        name, used = self.process.name, self.process.used
        record = self.process.taken()
        if record is None or record.status != "crashed" or not used:
            return record
        # what came before in that process may be to blame: only what happens in a new one counts
        self._renew()
        self.process.give(name)
        return None

    def close(self) -> None:
        """End the process and all that it has started."""
        self.process.kill()

    def _renew(self) -> None:
        self.process.kill()
        self.process = Process(self._work)


def examined(names: Sequence[str], work: Work) -> Generator[list[Scanned], None, None]:
    """Yield the records of all names, as they come: several may come at once, in any order.

    Closing the iterator, or an error in it, ends every process.

    Raises:
        RuntimeError: the examiner cannot be loaded.
    """
    waiting, places = collections.deque(names), list[Place]()
    try:
        while len(places) < min(work.jobs, len(names)):
            places.append(Place(work))
        while True:
            for place in places:
                if waiting and not place.name:
                    place.give(waiting.popleft())
            busy = [place for place in places if place.name]
            if not busy:
                return
            wait(busy)
            records = [record for place in busy if (record := place.taken()) is not None]
            if records:
                yield records
    finally:
        for place in places:
            place.close()


def wait(places: Sequence[Place]) -> None:
    """Until one of them has something to say, or its time is up."""
    with selectors.DefaultSelector() as selector:
        for place in places:
            selector.register(place.process.answers, selectors.EVENT_READ)
        selector.select(max(0.0, min(place.process.deadline for place in places) - time.monotonic()))
