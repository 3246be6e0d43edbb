"""Dask workers as processes of their own, without nannies: whoever is killed is started again, even while it starts."""

import os
import subprocess
import sys
import threading
import time


class Workers:
    """So many workers of a scheduler, until they are closed.

    Attributes:
        processes: Those that run now; what is killed is replaced in place.
        environment: Of those that are started from now on.
    """

    def __init__(self, address: str, number: int) -> None:
        dask = [sys.executable, "-m", "distributed.cli.dask_worker", address]
        self._command = [*dask, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--death-timeout", "60"]
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self.processes = [self._started() for _ in range(number)]
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._replace)
        self._watch.start()

    def close(self) -> None:
        self._closed.set()
        self._watch.join()
        for process in self.processes:
            process.kill()
            process.wait()

    def _started(self) -> subprocess.Popen:
        silent = subprocess.DEVNULL
        return subprocess.Popen(self._command, env=self.environment, stdout=silent, stderr=silent)

    def _replace(self) -> None:
        while not self._closed.wait(0.05):
            self.processes[:] = [one if one.poll() is None else self._started() for one in self.processes]


def wait_until(true, seconds=60.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
