"""The roll call: all processes of one run are let in, anyone else is told in a sentence why not, and soon."""

import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jaxcnn.processes import Place, ProcessError
from jaxcnn.processes.line import Line
from jaxcnn.processes.place import parsed
from jaxcnn.processes.relay import relayed
from jaxcnn.processes.rollcall import _connected, answer, hold
from tests.jaxcnn.processes._running import free_port

TOLD = {"jax": "1.2", "epochs": 3, "sha256": {"train": "ab"}}


def called(*others, processes=None, seconds=20.0, told=TOLD):
    """Return what comes of a roll call: of process 0, then of each of `others`, (number, changes to what it says)."""
    port, processes = free_port(), processes or len(others) + 1

    def come(number, changes):
        changes = dict(changes)
        said = changes.pop("processes", processes)
        return answer(Place("127.0.0.1", port, said, number, 60.0), told | changes)

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(hold, Place("127.0.0.1", port, processes, 0, seconds), told)]
        running += [pool.submit(come, *other) for other in others]
        return [one.exception() or one.result() for one in running]


def test_all_come_and_learn_of_one_port_and_hear_each_other():
    (lines, port), (first, its), (second, other) = called((1, {}), (2, {}))
    assert sorted(lines) == [1, 2]
    assert port == its == other
    lines[2].say({"hello": [1, 2]})
    first.say("from one")
    assert second.hear(time.monotonic() + 20) == {"hello": [1, 2]}
    assert lines[1].hear(time.monotonic() + 20) == "from one"
    for line in (first, second, *lines.values()):
        line.close()


def sentences(results):
    assert all(isinstance(result, ProcessError) for result in results), results
    return [str(result) for result in results]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"jax": "1.3"}, "Process 1 does not fit process 0: jax is '1.3' there and '1.2' here."),
        (
            {"sha256": {"train": "cd"}, "more": 1},
            "Process 1 does not fit process 0: more is 1 there and None here, "
            "sha256 is {'train': 'cd'} there and {'train': 'ab'} here.",
        ),
        ({"processes": 3}, "Process 1 is one of 3 and process 0 one of 2: give all the same."),
    ],
)
def test_a_process_that_differs_is_told_in_what_and_process_0_as_well(changes, message):
    assert sentences(called((1, changes))) == [message, message]


def test_nobody_begins_when_one_differs():
    place, message = Place("127.0.0.1", free_port(), 3, 0, 60.0), "Process 2 does not fit process 0: epochs is 4 there"
    with ThreadPoolExecutor() as pool:
        holding, lines = pool.submit(hold, place, TOLD), []
        for number, changes in ((1, {}), (2, {"epochs": 4})):  # who connects first is let in first
            lines.append(_connected(place, time.monotonic() + 60))
            lines[-1].say({"process": number, "processes": 3, "told": TOLD | changes})
        for line in lines:
            assert line.hear(time.monotonic() + 60) == {"refused": f"{message} and 3 here."}
            line.close()
        assert sentences([holding.exception()]) == [f"{message} and 3 here."]


def test_nobody_begins_when_one_ends_while_the_others_come():
    place, message = Place("127.0.0.1", free_port(), 3, 0, 60.0), "Process 1 has ended while the others came: look at"

    def come(said):
        line = _connected(place, time.monotonic() + 60)
        line.say(said)
        return line

    with ThreadPoolExecutor() as pool:
        holding = pool.submit(hold, place, TOLD)
        first = come({"process": 1, "processes": 3, "told": TOLD})
        stranger = come("not one of us")
        assert stranger.hear(time.monotonic() + 60) is None  # so process 1, who came before, is let in
        first.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, as if killed
        first.close()
        second = come({"process": 2, "processes": 3, "told": TOLD})
        assert second.hear(time.monotonic() + 60)["refused"].startswith(message)
        assert sentences([holding.exception()])[0].startswith(message)
    for line in (stranger, second):
        line.close()


def test_two_with_one_number_are_refused():
    results = sentences(called((1, {}), (1, {}), processes=3))
    assert set(results) == {"Two processes say that they are number 1: give each a `--process-id` of its own."}
    assert len(results) == 3


def test_process_0_does_not_wait_for_ever_and_tells_those_who_came():
    results = sentences(called((2, {}), processes=4, seconds=2.0))
    assert len(results) == 2
    for result in results:
        assert result.startswith("Process 0 waited 2 s at 127.0.0.1:")
        assert "and did not see process 1, 3 of 4: start all with the same command" in result


def test_without_a_process_0_there_is_a_sentence_and_no_endless_wait():
    place = Place("127.0.0.1", free_port(), 2, 1, 0.3)
    with pytest.raises(ProcessError, match=rf"^Process 1 found no process 0 at {place} within 0.3 s \(Connection ref"):
        answer(place, TOLD)


def test_an_address_of_another_machine_or_a_port_in_use_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ProcessError, match=rf"^Process 0 cannot listen at 127.0.0.1:{port} \(Address already in u"):
            hold(Place("127.0.0.1", port, 2, 0, 1.0), TOLD)
    with pytest.raises(ProcessError, match=r"^Process 0 cannot listen at 192.0.2.1:4321 \(Cannot assign requested ad"):
        hold(Place("192.0.2.1", 4321, 2, 0, 1.0), TOLD)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.0\r\n\r\n", b"[1]\n", b'{"process": 1}\n', b""])
def test_strangers_are_passed_over(said):
    place = Place("127.0.0.1", free_port(), 2, 0, 20.0)
    with ThreadPoolExecutor() as pool:
        holding = pool.submit(hold, place, TOLD)
        while True:
            try:
                stranger = socket.create_connection((place.host, place.port))
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        with stranger:
            stranger.sendall(said)
            stranger.shutdown(socket.SHUT_WR)
        line, port = answer(Place(place.host, place.port, 2, 1, 20.0), TOLD)
        lines, its = holding.result()
    assert port == its
    for one in (line, *lines.values()):
        one.close()


def test_what_listens_there_and_is_no_process_0_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        place = Place("127.0.0.1", other.getsockname()[1], 2, 1, 20.0)
        threading.Thread(target=lambda: other.accept()[0].close()).start()
        with pytest.raises(ProcessError, match=rf"^What listens at {place} is not process 0 of a run, or it ended"):
            answer(place, TOLD)


def test_a_line_that_is_closed_or_silent_or_too_long_is_not_waited_for():
    one, other = (Line(end) for end in pair())
    with pytest.raises(TimeoutError):
        one.hear(time.monotonic() + 0.05)
    other.say("x" * 2**21)
    with pytest.raises(ValueError, match="a line of more than 1048576 bytes"):
        one.hear()
    other.close()
    one.close()
    one, other = (Line(end) for end in pair())
    other.close()
    assert one.hear() is None
    one.close()


def pair():
    """Return both ends of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        return near, listener.accept()[0]


def test_behind_a_relay_a_connection_outlives_its_other_end():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(("127.0.0.1", relayed(*listener.getsockname())))
        far, _ = listener.accept()
    with near:
        near.sendall(b"there")
        assert far.recv(100) == b"there"
        far.sendall(b"and back")
        assert near.recv(100) == b"and back"
        far.close()
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.recv(100)


def test_a_place_is_read_from_an_address_and_a_wrong_one_is_told():
    assert parsed("node7:4321", 3, 2, 9.0) == Place("node7", 4321, 3, 2, 9.0)
    assert str(parsed("[::1]:80", 1, 0, 9.0)) == "[::1]:80"
    for address in ("node7", ":80", "node7:", "node7:0", "node7:65536", "node7:x"):
        with pytest.raises(ValueError, match=rf"^`coordinator` must be like host:1234, .*; got '{address}'"):
            parsed(address, 2, 0, 9.0)
    with pytest.raises(ValueError, match=r"^`processes` must be"):
        parsed("a:1", 0, 0, 9.0)
    with pytest.raises(ValueError, match=r"^`process_id` must be from 0 to 1, .*; got 2"):
        parsed("a:1", 2, 2, 9.0)
    with pytest.raises(ValueError, match=r"^`seconds` to wait must be a positive number; got inf"):
        parsed("a:1", 2, 1, float("inf"))
