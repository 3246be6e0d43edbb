"""Functions examined on a Dask cluster: one small task each, done again where a worker dies, told once.

Dask counts how many workers have died with a task, running or waiting, and gives it up beyond three (its setting
`distributed.scheduler.allowed-failures`). What it has given up is tried once more at the end, alone, so that none is
blamed for what another did; if workers die then as well, the function is recorded as crashed. A function that crashes
or hangs by itself does so in a process of its own on the worker and is not tried again.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import queue
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verify.scanning import agreement, remote
from verify.scanning.process import Work
from verify.scanning.record import Scanned

if TYPE_CHECKING:
    from distributed import Client, Future

_ANSWER = 10.0  # seconds in which a scheduler must answer
_LOOK = 5.0  # seconds without a record after which the cluster is looked at
_BLINK = 0.1  # seconds between two looks for a first worker
_ALONE = 120.0  # seconds that a campaign waits for a worker; nannies and queues start new ones within that


@contextlib.contextmanager
def connected(cluster: Client | str) -> Iterator[Client]:
    """A client of the scheduler at an address; a client that is given stays open.

    Raises:
        ImportError: Dask is not installed.
        ConnectionError: no scheduler answers there.
    """
    try:
        import distributed
    except ImportError as error:
        raise ImportError("`dask` needs dask.distributed: install the extra, `pip install jaxcnn[cluster]`.") from error
    if isinstance(cluster, distributed.Client):
        yield cluster
        return
    try:
        client = distributed.Client(cluster, timeout=_ANSWER, set_as_default=False)
    except Exception as error:  # what is no scheduler answers in its own way: a web server as sizes of messages
        raise ConnectionError(
            f"no Dask scheduler answers at {cluster!r} within {_ANSWER:g} s: start one with `dask scheduler`, or "
            "correct the address (HOST:PORT)."
        ) from error
    with client:
        yield client


def examined(
    names: Sequence[str], work: Work, client: Client, libraries: tuple[str, ...]
) -> Generator[list[Scanned], None, None]:
    """Yield the records of all names, as they come: several may come at once, in any order.

    Args:
        names: Of functions that the workers can import.
        work: How they are examined; its `jobs` is not used: a worker examines as many at once as it has threads.
        client: Of the cluster.
        libraries: What must be the same on the workers as here, beside JAX, NumPy, Python and `verify`.

    Raises:
        ValueError: a worker has other versions.
        ConnectionError: the scheduler is gone, or has no worker for two minutes.
        RuntimeError: the examiner cannot be loaded on a worker.
    """
    if not names:
        return
    watch, expected = _Watch(client), dict(agreement.here(libraries))
    _agree(client, watch, libraries, expected)
    begin = functools.partial(
        client.map, remote.examine, work=work._replace(jobs=1), libraries=libraries, expected=expected, pure=False
    )
    suspects: list[str] = []
    for batch in _ended(begin(names), names, client, watch):
        suspects += [name for name, record in batch if record is None]
        yield [record for _, record in batch if record]
    for name in suspects:
        for batch in _ended(begin([name]), [name], client, watch):
            yield [
                record or Scanned(name, "crashed", "every Dask worker that it was given to died") for _, record in batch
            ]


def _ended(
    tasks: Sequence[Future], names: Sequence[str], client: Client, watch: _Watch
) -> Generator[list[tuple[str, Scanned | None]], None, None]:
    """Yield names with their records as the tasks end; without one where Dask has given up."""
    named = {str(task.key): name for task, name in zip(tasks, names, strict=True)}
    held = {task.key: task for task in tasks}
    finished: queue.SimpleQueue[Future] = queue.SimpleQueue()
    for task in tasks:
        task.add_done_callback(finished.put)
    try:
        while held:
            for answers in _answered(_ready(finished, watch), client, watch):
                for task, _ in answers:  # the worker may forget it, and no other does it again when that one dies
                    held.pop(task.key).release()
                yield [(named[str(task.key)], record) for task, record in answers]
    finally:
        if held and client.status == "running":
            client.cancel(list(held.values()))


def _agree(client: Client, watch: _Watch, libraries: tuple[str, ...], expected: Mapping[str, str]) -> None:
    """Compare versions before the first task."""
    while not client.nthreads():
        watch.look()
        time.sleep(_BLINK)
    for address, found in client.run(remote.versions, libraries, on_error="return").items():
        if isinstance(found, OSError):  # it has died meanwhile; whoever comes instead is compared by its first task
            continue
        if isinstance(found, BaseException):
            raise ValueError(
                f"the Dask worker {address} cannot run verify ({found!r}): install the same there as here."
            )
        different = agreement.difference(expected, found, f"the Dask worker {address}")
        if different:
            raise ValueError(different)


class _Watch:
    """What the scheduler is known by, and how long it may be without a worker."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._address = client.scheduler.address if client.scheduler else "of a closed client"
        self.renew()

    def look(self) -> None:
        """Look at the cluster.

        Raises:
            ConnectionError: the scheduler is gone, or has had no worker for too long.
        """
        if self._client.status != "running":
            raise self.gone()
        if self._client.nthreads():
            self.renew()
        if time.monotonic() > self._end:
            raise ConnectionError(
                f"the Dask scheduler {self._address} has had no worker for {_ALONE:g} s: start one with "
                f"`dask worker {self._address}`."
            )

    def renew(self) -> None:
        """Start waiting anew: a worker has just answered."""
        self._end = time.monotonic() + _ALONE

    def gone(self) -> ConnectionError:
        """The error for tasks that nobody knows of any more."""
        return ConnectionError(
            f"the Dask scheduler {self._address} is gone or has dropped the campaign: what was told until then is kept "
            "in the file, if one was named."
        )


def _ready(finished: queue.SimpleQueue[Future], watch: _Watch) -> list[Future]:
    """The tasks that have ended since, at least one."""
    ready: list[Future] = []
    while not ready:
        with contextlib.suppress(queue.Empty):
            ready.append(finished.get(timeout=_LOOK))
            watch.renew()
            continue
        watch.look()
    while not finished.empty():
        ready.append(finished.get())
    return ready


def _answered(
    ready: Sequence[Future], client: Client, watch: _Watch
) -> Generator[list[tuple[Future, Scanned | None]], None, None]:
    """Yield tasks with their records: all at once, or one by one where one has failed, the finished ones first."""
    if all(task.status == "finished" for task in ready):
        gathered = _gathered(ready, client, watch)
        if gathered.exception() is None:  # else each one is asked for
            yield list(zip(ready, gathered.result(), strict=True))
            return
    for task in sorted(ready, key=lambda task: task.status != "finished"):
        yield [(task, _record(task, client, watch))]


def _record(task: Future, client: Client, watch: _Watch) -> Scanned | None:
    from distributed import CancelledError, KilledWorker

    try:
        return _gathered([task], client, watch).result()[0]
    except KilledWorker:
        return None
    except CancelledError as error:
        raise watch.gone() from error
    except remote.Disagreement as error:
        raise ValueError(str(error)) from error


def _gathered(tasks: Sequence[Future], client: Client, watch: _Watch) -> concurrent.futures.Future[list[Scanned]]:
    """What the tasks have returned, or the error of one; what was lost with its worker is waited for once more."""

    async def gather() -> list[Scanned]:
        return await client.gather(list(tasks), asynchronous=True)

    loop: Any = client.loop
    pending = asyncio.run_coroutine_threadsafe(gather(), loop.asyncio_loop)
    try:
        while not concurrent.futures.wait([pending], _LOOK).done:
            watch.look()
    except BaseException:
        pending.cancel()
        raise
    return pending
