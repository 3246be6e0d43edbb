"""A process that examines one function after another: tasks come as lines of JSON, records go as lines of JSON.

It is started as a file, and not as a module of its package, so that it imports nothing but the examiner it is given:

    python worker.py package.module:examine MEMORY DRIVER

The first line it answers is {"ready": true}, or {"error": ...} if there is no such examiner. A record ends with
"retire": true where the process has grown so much that another one should take its place.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import queue
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

_GROWN = 0.25  # of the memory it may have; compiled programs are kept for ever
_PER_CORE = 256 * 2**20  # the limit is one of address space, of which threads reserve much that they never touch
_PR_SET_PDEATHSIG = 1


def main(examiner: str, memory: str, driver: str) -> None:
    """Answer tasks until there are no more, or nobody to give them."""
    _die_with(int(driver))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the library prints is not an answer
    tasks = _arriving()
    try:
        module, _, name = examiner.partition(":")
        examine = getattr(importlib.import_module(module), name)
    except Exception as error:  # whatever the module does when it is loaded
        _answer(answers, {"error": _told(error)})
        return
    _limit(int(memory))
    _answer(answers, {"ready": True})
    while (task := tasks.get()) is not None:
        record = _record(examine, task)
        _answer(answers, {"record": record, "retire": _resident() > _GROWN * int(memory)})


def _record(examine: Callable[..., Any], task: dict[str, Any]) -> dict[str, Any]:
    """What the examiner says; what it raises is a record as well, but for what only another process can follow."""
    try:
        return examine(task["function"], seed=task["seed"], budget=task["budget"], **task["options"]).to_dict()
    except MemoryError:
        print("out of memory", file=sys.stderr, flush=True)
        os._exit(1)  # nothing in this process can be relied upon any more
    except Exception as error:
        return {"function": task["function"], "status": "failed", "detail": _told(error)}


def _told(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _answer(answers: TextIO, line: dict[str, Any]) -> None:
    answers.write(json.dumps(line) + "\n")
    answers.flush()


def _arriving() -> queue.SimpleQueue[dict[str, Any] | None]:
    """The tasks, read in a thread: where the driver is gone the process ends, whatever it is busy with."""
    tasks: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            tasks.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return tasks


def _die_with(driver: int) -> None:
    """Have Linux kill this process with its driver: a loop in C that never lets a thread in must end as well."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != driver:  # it was gone before
            os._exit(0)


def _limit(memory: int) -> None:
    """Let allocations fail here before the machine runs out; no core file is left of an abort."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    space = memory + _PER_CORE * (os.cpu_count() or 1)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or space < hard:
        resource.setrlimit(resource.RLIMIT_AS, (space, hard))


def _resident() -> int:
    """The most memory that this process has had at once, in bytes.

    Linux's `ru_maxrss` remembers what the process was before it became this program: as large as who started it.
    """
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
