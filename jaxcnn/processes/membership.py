"""Being one process of a run: its beginning, the watch over the others, and its end."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

import jax

from jaxcnn.processes.errors import ProcessError
from jaxcnn.processes.line import Line
from jaxcnn.processes.place import Place
from jaxcnn.processes.relay import relayed
from jaxcnn.processes.rollcall import answer, hold

_DONE, _WHY = "done", "why"
_GRACE = 30.0  # seconds in which the end of a machine is noticed, see `line`


class Membership:
    """A process's membership in a run. Process 0 has a line to each of the others, and they one to process 0.

    A process that ends before its work is done, by an error or killed, ends all of them: a collective operation waits
    for everyone, and would wait for ever. `ended` is called then, in a thread of its own, and must not return.

    Attributes:
        place: of this process.
    """

    def __init__(self, place: Place, lines: dict[int, Line], ended: Callable[[str], NoReturn]) -> None:
        self.place, self._lines, self._ended = place, lines, ended
        self._waiting, self._changed, self._lock = set(lines), threading.Condition(), threading.Lock()
        for number, line in lines.items():
            threading.Thread(target=self._watch, args=(number, line), daemon=True).start()

    def finish(self) -> None:
        """Wait until every process has come to its end."""
        if self.place.number:
            self._say({_DONE: True})
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)
        if not self.place.number:
            self._say({_DONE: True})
        jax.distributed.shutdown()

    def fail(self, why: str) -> None:
        """Tell the others why this process ends."""
        self._say({_WHY: f"process {self.place.number} has ended: {why}"})

    def wait_for_news(self) -> None:
        """Wait as long as it may take to notice that another process is gone; `ended` is called if so."""
        time.sleep(_GRACE)

    def _watch(self, number: int, line: Line) -> None:
        try:
            heard = line.hear()
        except ValueError:
            heard = None
        if heard is not None and _DONE in heard:
            with self._changed:
                self._waiting.discard(number)
                self._changed.notify_all()
            return
        why = f"process {number} was killed, or its machine is gone" if heard is None else heard[_WHY]
        with self._lock:  # of several that tell, the first
            if not self.place.number:
                self._say({_WHY: why})
            self._ended(why)

    def _say(self, told: dict[str, Any]) -> None:
        for line in self._lines.values():
            with contextlib.suppress(OSError):  # it is gone; the watch tells of that
                line.say(told)


def join(place: Place, told: dict[str, Any], ended: Callable[[str], NoReturn]) -> Membership:
    """Become one process of a run; to be called before JAX computes anything.

    Args:
        place: of this process.
        told: what must be the same in all processes, as JSON can hold it.
        ended: called with the reason, in another thread, when another process has ended too early.

    Raises:
        ProcessError: if the others do not come in time, or differ; says in what.
    """
    told = json.loads(json.dumps(told))  # so that tuples are lists everywhere
    if place.number:
        line, port = answer(place, told)
        lines = {0: line}
    else:
        lines, port = hold(place, told)
    member = Membership(place, lines, ended)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_enable_preemption_service", False)  # which takes SIGTERM for itself: nothing would end us
    try:
        jax.distributed.initialize(
            f"127.0.0.1:{relayed(place.host, port)}" if place.number else place.address(port),
            place.processes,
            place.number,
            initialization_timeout=max(1, round(place.seconds)),
            coordinator_bind_address=place.address(port),
            cluster_detection_method="deactivate",
        )
    except RuntimeError as error:
        why = f"JAX could not begin at {place.address(port)} ({str(error).splitlines()[0]})"
        member.fail(why)
        raise ProcessError(f"{why}: let processes reach each other on every port.") from error
    return member


def leave_at_once(code: int) -> NoReturn:
    """End this process without waiting for the others, as `sys.exit` would once JAX has been started as several."""
    os._exit(code)
