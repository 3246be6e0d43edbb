"""The roll call at the start of a run: every process comes to process 0 and says what it is going to compute.

All must say the same, or none begins. JAX's own start is only called afterwards: by then everyone is there and fits,
so that whatever a person can get wrong is told in a sentence, and soon.
"""

import contextlib
import socket
import time
from typing import Any

from jaxcnn.processes.errors import ProcessError
from jaxcnn.processes.line import Line
from jaxcnn.processes.place import Place

_PAUSE = 0.1  # seconds between two attempts to connect
_PATIENCE = 5.0  # seconds that someone who has connected may take to say who it is


def hold(place: Place, told: dict[str, Any]) -> tuple[dict[int, Line], int]:
    """Wait for all other processes, as process 0.

    Args:
        place: of this process.
        told: what must be the same in all of them, as JSON can hold it.

    Returns:
        The lines to the others by their numbers, and a free port, which they know as well.

    Raises:
        ProcessError: if some do not come in time, differ, or end before all are there; the others are told the same.
    """
    lines: dict[int, Line] = {}
    try:
        with _listening(place) as listener:
            until = time.monotonic() + place.seconds
            while len(lines) < place.processes - 1:
                listener.settimeout(max(until - time.monotonic(), 0.001))
                try:
                    line = Line(listener.accept()[0])
                except TimeoutError:
                    raise _missing(place, lines) from None
                if (number := _admitted(line, place, told, lines)) is not None:
                    lines[number] = line
        port = _free_port(place)
        for number, line in lines.items():
            _tell(number, line, port)
    except ProcessError as error:
        for line in lines.values():
            _refuse(line, str(error))
        raise
    return lines, port


def answer(place: Place, told: dict[str, Any]) -> tuple[Line, int]:
    """Come to process 0, as one of the others.

    Returns:
        The line to process 0, and a port that is free there.

    Raises:
        ProcessError: if nobody is there in time, or it refuses this run.
    """
    until = time.monotonic() + place.seconds
    line = _connected(place, until)
    try:
        line.say({"process": place.number, "processes": place.processes, "told": told})
        reply = line.hear(until + _PATIENCE)  # process 0 gives up by itself, and then says why
    except (OSError, ValueError):
        reply = None
    if reply is None:
        line.close()
        raise ProcessError(
            f"What listens at {place} is not process 0 of a run, or it ended while it waited for the others: "
            "look at its output, and start all processes again."
        )
    if "refused" in reply:
        line.close()
        raise ProcessError(reply["refused"])
    return line, reply["port"]


def _listening(place: Place) -> socket.socket:
    try:
        family = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((place.host, place.port), family=family, backlog=place.processes)
    except OSError as error:
        raise ProcessError(
            f"Process 0 cannot listen at {place} ({error.strerror}): give an address of its own machine and a port "
            "that is free as `--coordinator`."
        ) from error


def _admitted(line: Line, place: Place, told: dict[str, Any], lines: dict[int, Line]) -> int | None:
    """Return the number of the process that has come, or None if it is no process at all.

    Raises:
        ProcessError: if it belongs to another run.
    """
    try:
        come = line.hear(time.monotonic() + _PATIENCE)
        number, processes, theirs = come["process"], come["processes"], come["told"]
    except (TimeoutError, ValueError, TypeError, KeyError):
        line.close()
        return None
    refusal = None
    if processes != place.processes:
        refusal = f"Process {number} is one of {processes} and process 0 one of {place.processes}: give all the same."
    elif number in lines or number == 0:
        refusal = f"Two processes say that they are number {number}: give each a `--process-id` of its own."
    elif different := sorted(key for key in told.keys() | theirs.keys() if told.get(key) != theirs.get(key)):
        parts = ", ".join(f"{key} is {theirs.get(key)!r} there and {told.get(key)!r} here" for key in different)
        refusal = f"Process {number} does not fit process 0: {parts}."
    if refusal is not None:
        _refuse(line, refusal)
        raise ProcessError(refusal)
    return int(number)


def _tell(number: int, line: Line, port: int) -> None:
    try:
        line.say({"port": port})
    except OSError as error:
        raise ProcessError(
            f"Process {number} has ended while the others came: look at its output, and start all processes again."
        ) from error


def _refuse(line: Line, why: str) -> None:
    with contextlib.suppress(OSError):  # it may be gone by now
        line.say({"refused": why})
    line.close()


def _connected(place: Place, until: float) -> Line:
    why = "no answer"
    while (left := until - time.monotonic()) > 0:
        try:
            return Line(socket.create_connection((place.host, place.port), timeout=left))
        except OSError as error:
            why = error.strerror or "no answer"
            time.sleep(_PAUSE)
    raise ProcessError(
        f"Process {place.number} found no process 0 at {place} within {place.seconds:g} s ({why}): start it there, "
        "or correct `--coordinator`."
    )


def _missing(place: Place, lines: dict[int, Line]) -> ProcessError:
    absent = ", ".join(str(number) for number in range(1, place.processes) if number not in lines)
    return ProcessError(
        f"Process 0 waited {place.seconds:g} s at {place} and did not see process {absent} of {place.processes}: start "
        "all with the same command, each with a `--process-id` of its own."
    )


def _free_port(place: Place) -> int:
    with _listening(Place(place.host, 0, place.processes, 0)) as listener:
        return int(listener.getsockname()[1])
