"""A connection between two processes of a run: one line of JSON after the other, and its end when a process ends."""

import json
import socket
import time
from typing import Any

_LONGEST = 2**20  # bytes of a line; more is not from us
# A process that is killed closes its connections at once. A machine that is cut off does not: after so many seconds of
# silence it is asked, this often and so many times; 25 s in all.
_KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


class Line:
    """One end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection, self._read = connection, bytearray()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):  # not on every system
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def say(self, told: Any) -> None:
        """Send what JSON can hold.

        Raises:
            OSError: if the other end is gone.
        """
        self.connection.sendall(json.dumps(told).encode() + b"\n")

    def hear(self, until: float | None = None) -> Any:
        """Return what the other end says next, or None at the end of the connection.

        Args:
            until: when to give up, by `time.monotonic`; None for never.

        Raises:
            TimeoutError: if nothing has come until then.
            ValueError: if what comes is not a line of JSON.
        """
        while b"\n" not in self._read:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise TimeoutError
            self.connection.settimeout(left)
            try:
                part = self.connection.recv(2**16)
            except TimeoutError:
                raise
            except OSError:
                part = b""  # reset: it is gone as well
            finally:
                self.connection.settimeout(None)
            if not part:
                return None
            self._read += part
            if len(self._read) > _LONGEST:
                raise ValueError(f"a line of more than {_LONGEST} bytes")
        text, _, rest = bytes(self._read).partition(b"\n")
        self._read = bytearray(rest)
        return json.loads(text)

    def close(self) -> None:
        """End the connection."""
        self.connection.close()
