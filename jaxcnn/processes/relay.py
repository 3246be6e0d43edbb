"""A connection to JAX's coordinator that outlives the coordinator.

When its connection to the coordinator closes, JAX ends a process at once, by signal 6 and with a page of log. Behind
this relay it does not learn of that: it would only miss heartbeats, a minute later. In between the watch over the
other processes says who is gone, and ends this one in order.

Little goes this way: who is there, and the addresses at which processes reach each other. Gradients do not.
"""

import contextlib
import socket
import threading


def relayed(host: str, port: int) -> int:
    """Return a port of this machine behind which everything goes to and from `host:port`, for as long as we run."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=(listener, host, port), daemon=True).start()
    return int(listener.getsockname()[1])


def _serve(listener: socket.socket, host: str, port: int) -> None:
    while True:
        near, _ = listener.accept()
        try:
            far = socket.create_connection((host, port))
        except OSError:
            near.close()  # JAX tries again, until its own time is over
            continue
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Send on whatever comes, until there is no more; the other end stays open."""
    with contextlib.suppress(OSError):  # either end is gone
        while part := one.recv(2**16):
            other.sendall(part)
