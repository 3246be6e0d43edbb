"""What runs on a Dask worker: one function a task, examined in a process of its own, as on the driver's own machine.

The task only waits for that process, so a function that aborts, hangs or fills the memory costs the process and never
the Dask worker, and is never tried again. The process is kept for the next task: loading JAX takes longer than most
functions do.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping

from verify.scanning import agreement
from verify.scanning.process import Work
from verify.scanning.record import Scanned
from verify.scanning.workers import Place, wait

_IDLE = 30.0  # seconds after which a process that nothing is given to is ended: its campaign is over, or was killed

Campaign = frozenset[tuple[str, str]]  # by what its driver works with: a process has imported it as it was

_lock = threading.Lock()
_kept: dict[Place, tuple[Work, Campaign, threading.Timer]] = {}


class Disagreement(ValueError):
    """This worker has not what the driver has; the text says what differs."""


def versions(libraries: tuple[str, ...]) -> Mapping[str, str]:
    """What this worker would work with."""
    return agreement.here(libraries)


def examine(name: str, *, work: Work, libraries: tuple[str, ...], expected: Mapping[str, str]) -> Scanned:
    """The record of one function.

    Raises:
        Disagreement: this worker, which may have come later than the others, has other versions than the driver.
        RuntimeError: the examiner cannot be loaded here.
    """
    campaign = frozenset(expected.items())
    different = agreement.difference(expected, _versions(libraries, campaign), "a Dask worker that has joined")
    if different:
        raise Disagreement(different)
    place = _taken(work, campaign) or Place(work)
    try:
        place.give(name)
        while (record := place.taken()) is None:
            wait([place])
    except BaseException:
        place.close()
        raise
    _keep(place, work, campaign)
    return record


@functools.cache
def _versions(libraries: tuple[str, ...], campaign: Campaign) -> Mapping[str, str]:
    """What this worker would work with: asked anew for a campaign of other sources, not for every task."""
    del campaign
    return versions(libraries)


def _taken(work: Work, campaign: Campaign) -> Place | None:
    with _lock:
        found = next((place for place, (its, of, _) in _kept.items() if (its, of) == (work, campaign)), None)
        if found:
            _kept.pop(found)[2].cancel()
        return found


def _keep(place: Place, work: Work, campaign: Campaign) -> None:
    timer = threading.Timer(_IDLE, _end, [place])
    timer.daemon = True
    with _lock:
        _kept[place] = (work, campaign, timer)
    timer.start()


def _end(place: Place) -> None:
    with _lock:
        idle = _kept.pop(place, None)
    if idle:
        place.close()
