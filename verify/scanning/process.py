"""A process that examines one function after another, and that no function can make last longer than its limit.

One that takes too long is killed, one that ends by itself (an abort in a compiler, a fault in a library) leaves its
signal and the last line it wrote; either way the function has its record.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from verify.scanning.record import Scanned

_SOFT = 0.8  # of the limit: an examiner that heeds its budget gives a record then, where a kill would leave none
_LOAD = 300.0  # seconds in which a process must have imported its examiner
_EXIT = 10.0  # seconds in which a process that has closed its pipe must be gone
_WORKER = Path(__file__).with_name("worker.py")
_LONGEST = 200  # characters of what a process wrote last
# One core each, so that what is found depends neither on their number nor on the machine's.
_SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
_SINGLE_XLA = "--xla_cpu_multi_thread_eigen=false"


class Work(NamedTuple):
    """How functions are examined.

    Attributes:
        examiner: "package.module:function", called as `examine(name, seed=..., budget=..., **options)` for a `Scanned`.
        jobs: How many processes at once.
        limit: Seconds for each function, after which its process is killed.
        memory: Bytes for each process.
        seed: Of all random points.
        options: What else the examiner is called with, as JSON holds it.
    """

    examiner: str
    jobs: int = 1
    limit: float = 60.0
    memory: int = 8 * 2**30
    seed: int = 0
    options: Mapping[str, Any] = {}


class Process:
    """One process, and the function that it examines now ("" for none)."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            # -P: the script's folder, which is inside a package, is no place to import from
            [sys.executable, "-P", str(_WORKER), work.examiner, str(work.memory), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the driver alone, and a killed group leaves no children
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tasks, self.answers = self._process.stdin, self._process.stdout
        os.set_blocking(self.answers.fileno(), False)
        self._unread = b""
        self._ready = self.retired = self.used = False
        self.name = ""
        self._restart_clock(_LOAD)

    def give(self, name: str) -> None:
        """Have it examine a function, as soon as it has loaded what it needs."""
        self.name = name
        if self._ready:
            self._begin()

    def taken(self) -> Scanned | None:
        """The record of its function; None while there is none."""
        lines, over = self._read()
        for line in lines:
            if "error" in line:
                raise RuntimeError(f"the examiner {self._work.examiner} cannot be loaded: {line['error']}")
            if "record" in line:
                self.retired = line["retire"]
                return self._recorded(**line["record"])
            self._ready = True
            self._begin()
        if over:
            how = self._end()
            if not self._ready:
                raise RuntimeError(f"the examiner {self._work.examiner} cannot be loaded: the process {how}")
            return self._recorded(self.name, "crashed", f"the process {how}")
        if time.monotonic() < self.deadline:
            return None
        self.kill()
        if not self._ready:
            raise RuntimeError(f"the examiner {self._work.examiner} was not loaded within {_LOAD:g} s.")
        return self._recorded(self.name, "timed out", f"not done after {self._work.limit:g} s")

    def kill(self) -> None:
        """End the process and all that it has started."""
        self.retired = True
        if self._said.closed:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._tasks.close()
        self.answers.close()
        self._said.close()

    def _end(self) -> str:
        """How the process has ended by itself, and the last line that it wrote."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT)
        said = os.pread(self._said.fileno(), 2**20, self._said_before).decode(errors="replace")
        self.kill()
        code = self._process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        last = [line.strip() for line in said.splitlines() if line.strip()][-1:]
        return ": ".join([how, *(line[:_LONGEST] for line in last)])

    def _recorded(self, function: str, status: str, detail: str = "", **more: Any) -> Scanned:
        name, self.name, self.used = self.name, "", True
        if function != name:
            raise RuntimeError(f"the examiner {self._work.examiner} was given {name} and answered of {function}.")
        seconds = round(time.monotonic() - self._began, 3)
        plain = {"aliases": [], "calls": 0, "findings": [], **more, "seconds": seconds}
        return Scanned.from_dict({"function": name, "status": status, "detail": detail, **plain})

    def _read(self) -> tuple[list[dict[str, Any]], bool]:
        """The whole lines that have come, and whether no more can come."""
        over = False
        with contextlib.suppress(BlockingIOError):
            while not over:
                part = os.read(self.answers.fileno(), 2**16)
                self._unread += part
                over = not part
        *lines, self._unread = self._unread.split(b"\n")
        return [json.loads(line) for line in lines], over

    def _begin(self) -> None:
        self._restart_clock(self._work.limit)
        work = self._work
        task = {"function": self.name, "seed": work.seed, "budget": _SOFT * work.limit, "options": work.options}
        with contextlib.suppress(BrokenPipeError):  # it has just died: `taken` will find out
            self._tasks.write(json.dumps(task).encode() + b"\n")
            self._tasks.flush()

    def _restart_clock(self, limit: float) -> None:
        self._began = time.monotonic()
        self.deadline = self._began + limit
        self._said_before = os.fstat(self._said.fileno()).st_size


def _environment() -> dict[str, str]:
    """This process's own, with one core each, and with the folders from which it imports."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} {_SINGLE_XLA}".strip()
    path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)
    return _SINGLE | os.environ | {"XLA_FLAGS": flags, "PYTHONPATH": path}
