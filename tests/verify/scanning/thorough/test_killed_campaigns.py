"""500 functions on two Dask workers, one of which is killed every few seconds, and the driver once."""

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import dask
import distributed
import pytest

import verify

sys.path.insert(0, str(Path(__file__).parents[1]))

from _respawned import Workers, wait_until

COUNT = 500
WRONG = range(0, COUNT, 50)
EVERY = 3.0  # seconds at least between two kills
MEANWHILE = 10  # records that have come at least: a slow machine takes longer to start a worker than to kill it
EXAMINER = "_quotients:examine"


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A module of 500 functions, ten of which have a derivative of the wrong sign."""
    lines = ["import jax", "import jax.numpy as jnp", ""]
    for i in range(COUNT):
        lines += [f"def f{i}(x):", f"    return jnp.sin({1 + i % 5} * x) + {i % 2}"]
        if i in WRONG:
            lines += [f"_f{i} = f{i}", "@jax.custom_jvp", f"def f{i}(x):"]
            lines += [f"    return _f{i}(x)"]
            lines += [f"f{i}.defjvp(lambda p, t: (_f{i}(p[0]), -t[0] * jax.grad(_f{i})(p[0])))"]
    (tmp_path / "manylib.py").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def plain(report):
    return [dataclasses.replace(record, seconds=0.0) for record in report.functions]


@contextlib.contextmanager
def killing(workers, kept):
    """Kill the workers in turn, one every few seconds; yields the list of those that were killed."""
    over, killed = threading.Event(), []

    def kill():
        before = 0
        while not over.wait(EVERY):
            come = kept.read_bytes().count(b"\n") if kept.exists() else 0
            if come < before + MEANWHILE:
                continue
            before = come
            victim = workers.processes[len(killed) % len(workers.processes)]
            victim.kill()
            killed.append(victim.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def test_every_result_is_there_once_and_equal_to_the_undisturbed_run_s(library, tmp_path):
    kept = tmp_path / "scan.jsonl"
    undisturbed = verify.scan("manylib", jobs=2, examiner=EXAMINER)
    assert sorted({finding.function for finding in undisturbed.findings}) == sorted(f"manylib.f{i}" for i in WRONG)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "3s"}),
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as scheduler,
        contextlib.closing(Workers(scheduler.scheduler_address, 2)) as workers,
        killing(workers, kept) as killed,
    ):
        arguments = ["scan", "manylib", "--dask", scheduler.scheduler_address, "--out", str(kept)]
        driver = subprocess.Popen([sys.executable, "-m", "verify", *arguments, "--examiner", EXAMINER], env=environment)
        wait_until(lambda: kept.exists() and kept.read_bytes().count(b"\n") > COUNT // 2, 300)
        driver.kill()
        driver.wait()
        before = kept.read_bytes()
        assert before.count(b"\n") < COUNT
        report = verify.scan("manylib", dask=scheduler.scheduler_address, resume=kept, examiner=EXAMINER)
    print(f"{len(killed)} workers killed, {report.seconds:.1f} s after the driver was")
    assert len(killed) >= 5
    assert plain(report) == plain(undisturbed)
    text = kept.read_bytes()
    assert text.startswith(before[: before.rindex(b"\n") + 1])
    functions = [json.loads(line)["function"] for line in text.splitlines()[1:]]
    assert sorted(functions) == sorted(f"manylib.f{i}" for i in range(COUNT))
