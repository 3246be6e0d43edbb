"""The place of a process among those of its run."""

from dataclasses import dataclass

from jaxcnn._windows import positive

_LARGEST_PORT = 65535


@dataclass(frozen=True)
class Place:
    """Which process of a run this is, and where the first one is to be found.

    Attributes:
        host: name or address of the machine of process 0.
        port: on which process 0 listens.
        processes: how many there are.
        number: of this one, from 0.
        seconds: how long to wait for the others at the start.
    """

    host: str
    port: int
    processes: int
    number: int
    seconds: float = 120.0

    def __str__(self) -> str:
        return self.address(self.port)

    def address(self, port: int) -> str:
        """Return another port of the machine of process 0, with the brackets of an IPv6 address."""
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"


def parsed(address: str, processes: int, number: int, seconds: float) -> Place:
    """Return the place that "HOST:PORT" and the numbers describe.

    Raises:
        ValueError: if they describe none.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _LARGEST_PORT:
        raise ValueError(f"`coordinator` must be like host:1234, where process 0 runs; got {address!r}.")
    positive("processes", processes)
    if not 0 <= number < processes:
        raise ValueError(f"`process_id` must be from 0 to {processes - 1}, one less than `processes`; got {number}.")
    if not 0 < seconds < float("inf"):
        raise ValueError(f"`seconds` to wait must be a positive number; got {seconds!r}.")
    return Place(host.strip("[]"), int(port), processes, number, seconds)
