"""How much faster is a scan on two Dask workers than on one, and what does the scheduler take of each task?

* a campaign of compile-bound tasks, the derivatives of 24 elementwise functions of `jax.numpy` with three seeds each,
  on one worker and on two in turn; the processes that examine have started before, and keep nothing that they compiled;
* beside them, in the same rounds, one and two processes that only calculate: no campaign gains more from a second core
  than these do, and virtual machines seldom give twice;
* a campaign of tasks that do nothing: what is left is Dask's and the pipe's;
* by these two, what a campaign of 10,000 tasks takes on more workers: a model, and no measurement.

    python -m benchmarks.campaign [--smoke] [--json FILE]

Two workers must be 1.8 times as fast as one, which needs two cores that are free. A cluster lives only while it is
measured: three that were idle took a fifth of a core. Needs the extra `cluster`.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import dataclasses
import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import distributed
import jax

from benchmarks.command import finish, parser
from benchmarks.interleaved import Timing, ratio
from benchmarks.judged import timed
from benchmarks.record import Row
from verify.scanning import campaign, cluster
from verify.scanning.examine import examine
from verify.scanning.process import Work
from verify.scanning.record import Scanned

LEAST = 1.8
FUNCTIONS = (
    "arccosh arcsinh arctan arctanh cbrt cos cosh deg2rad exp exp2 expm1 log log10 log1p log2 rad2deg reciprocal sin "
    "sinc sinh sqrt square tan tanh"
).split()
SEEDS = 3  # enough tasks that the last one, for which one of two workers waits, is a hundredth of all
SCAN, EMPTY, MACHINE = "functions and seeds", "a task that does nothing", "the machine, one loop each"
EXAMINED, IDLE = "benchmarks.campaign:examined", "benchmarks.campaign:nothing"
ONE, TWO = "1 Dask worker", "2 Dask workers"
ALONE, TOGETHER = "1 process", "2 processes"
LOOP = "for k in range(40_000_000): k * k"
WORKERS, TASKS = (8, 64, 1000), 10_000  # of the model


def examined(name: str, *, seed: int, budget: float) -> Scanned:
    """The record of a function with the seed that its name ends with, compiled anew: a worker has met some before."""
    jax.clear_caches()
    function, _, own = name.partition(" ")
    return dataclasses.replace(examine(function, seed=seed + int(own), budget=budget), function=name)


def nothing(name: str, *, seed: int, budget: float) -> Scanned:
    """The record of a function that nobody looks at."""
    return Scanned(name, "checked", calls=1)


def run(names: Sequence[str], work: Work, client: distributed.Client) -> None:
    """A whole campaign; what is not checked would be measured as fast."""
    found = campaign.run(dict.fromkeys(names, ()), work, examine=partial(cluster.examined, client=client, libraries=()))
    if any(record.status != "checked" for record in found):
        raise AssertionError(f"every function can be checked; the campaign says: {found}")


def calculate(processes: int, loop: str) -> None:
    """So many processes at once that do nothing but arithmetic, the same in each."""
    started = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(processes)]
    if any(process.wait() for process in started):
        raise AssertionError("a process that only calculates has failed")


@contextlib.contextmanager
def workers(number: int, smoke: bool) -> Iterator[distributed.Client]:
    """A client of a cluster of so many workers, whose processes run."""
    made = distributed.LocalCluster(n_workers=number, threads_per_worker=1, processes=not smoke, dashboard_address=":0")
    with made, made.get_client() as client:
        if not smoke:
            run([f"jax.numpy.{name} 0" for name in FUNCTIONS[:4]], Work(EXAMINED), client)
        yield client


def measured(smoke: bool) -> list[Row]:
    """The rows of all parts."""
    rounds, seeds = (1, range(1)) if smoke else (3, range(SEEDS))
    names = [f"jax.numpy.{name} {seed}" for seed in seeds for name in FUNCTIONS[: 1 if smoke else None]]
    empty = [f"task_{i}" for i in range(1 if smoke else 500)]
    loop = LOOP.replace("40_000_000", "1") if smoke else LOOP
    seconds: dict[tuple[str, str], list[float]] = collections.defaultdict(list)
    for _ in range(rounds):
        for number, who, calculating in ((1, ONE, ALONE), (2, TWO, TOGETHER)):
            with workers(number, smoke) as client:
                seconds[SCAN, who].append(clocked(partial(run, names, Work(EXAMINED), client)))
                run(empty[: 8 * number], Work(IDLE), client)  # their processes start
                seconds[EMPTY, who].append(clocked(partial(run, empty, Work(IDLE), client)) / len(empty))
            seconds[MACHINE, calculating].append(clocked(partial(calculate, number, loop)))
    timings = {what: Timing(tuple(times)) for what, times in seconds.items()}
    one, two = timings[SCAN, ONE], timings[SCAN, TWO]
    alone, together = timings[MACHINE, ALONE], timings[MACHINE, TOGETHER]
    section = f"{len(names)} {SCAN}"
    note = f"{2 * ratio(alone, together):.2f} times as much in a second"
    return [
        timed(section, ONE, one),
        timed(section, TWO, two, beside=ONE, ratio=ratio(one, two), least=LEAST),
        timed(MACHINE, ALONE, alone),
        timed(MACHINE, TOGETHER, together, note=note),
        *(timed(EMPTY, who, timings[EMPTY, who]) for who in (ONE, TWO)),
        *modelled(one.median / len(names), timings[EMPTY, TWO].median),
    ]


def clocked(work: Callable[[], None]) -> float:
    """Seconds that it takes."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def modelled(task: float, overhead: float) -> list[Row]:
    """Seconds of many tasks on many workers, if one driver and one scheduler pass on a task in `overhead` seconds.

    Workers share the tasks, the scheduler does one after the other, and the last task is waited for.
    """
    section = f"model of {TASKS:,} tasks of {task:.2g} s and {1e3 * overhead:.2g} ms of scheduler each"
    found = []
    for workers in (1, *WORKERS):
        seconds = max(TASKS * task / workers, TASKS * overhead) + task
        speed = (TASKS * task + task) / seconds
        note = f"{speed:.0f} times one worker" + (": the scheduler is the limit" if speed < 0.9 * workers else "")
        found.append(Row(section, f"{workers} workers", seconds, "s", note=note, more={"workers": float(workers)}))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    made = parser("campaign", __doc__, smoke="one function, one round")
    options: argparse.Namespace = made.parse_args(arguments)
    return finish("campaign", measured(options.smoke), options)


if __name__ == "__main__":
    sys.exit(main())
