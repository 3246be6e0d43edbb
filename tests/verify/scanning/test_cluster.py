"""A scan on Dask says what a scan on one machine says, whichever workers or drivers are killed meanwhile."""

import contextlib
import dataclasses
import functools
import json
import os
import queue
import subprocess
import sys
import time
from typing import NamedTuple

import dask
import distributed
import numpy as np
import pytest
from _respawned import Workers, wait_until

import verify
from verify.__main__ import main
from verify.scanning import agreement, campaign, cluster, remote
from verify.scanning.process import Work
from verify.scanning.store import Store

STOPPED = "_examiners:examine_when_told"
NAMES = [f"m.{name}" for name in ("wrong_1", "segfaults", "mixed", "poisoned", "raises")]
FUNCTIONS = [f"fine_{i}" for i in range(12)]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The folder of a library that the workers can import as well."""
    folder = tmp_path_factory.mktemp("library")
    text = "".join(f"def {name}(x):\n    return x\n" for name in FUNCTIONS)
    (folder / "spreadlib.py").write_text(text)
    (folder / "editedlib.py").write_text("def fine(x):\n    return x\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="module")
def workers(library):
    """Two worker processes that are started again when they are killed, of a scheduler that bears one death a task."""
    # a worker that was killed is looked for as long as one that is slow to answer: 30 s by default
    settings = {"distributed.scheduler.allowed-failures": 1, "distributed.comm.timeouts.connect": "3s"}
    with dask.config.set(settings), distributed.LocalCluster(n_workers=0, dashboard_address=":0") as scheduler:
        started = Workers(scheduler.scheduler_address, 2)
        with contextlib.closing(started):
            yield scheduler.scheduler_address, started


@pytest.fixture
def client(workers):
    with cluster.connected(workers[0]) as found:
        found.wait_for_workers(2, timeout=300)
        yield found


@pytest.fixture
def small():
    """A scheduler of one's own in this process, with as many workers as asked for, in threads."""
    started = []

    def start(workers):
        settings = {"threads_per_worker": 1, "processes": False, "dashboard_address": ":0"}
        started.append(distributed.LocalCluster(n_workers=workers, **settings))
        return started[-1]

    yield start
    for one in started:
        one.close()
    for place in list(remote._kept):  # of its workers, which were threads of this process
        remote._end(place)
    remote._versions.cache_clear()


def run(examiner, client=None, names=NAMES, store=None, progress=None, **options):
    on = {} if client is None else {"examine": functools.partial(cluster.examined, client=client, libraries=())}
    records = campaign.run(dict.fromkeys(names, ()), Work(examiner, **options), store, progress, **on)
    return [dataclasses.replace(record, seconds=0.0) for record in records]


def test_with_a_worker_killed_the_records_are_those_of_this_machine_and_each_is_told_once(
    examiner, client, workers, tmp_path
):
    names, told = [*NAMES, *(f"m.fine_{i}" for i in range(30))], []

    def kill_after_five(done, total, record):
        told.append(record.function if record else None)
        if done == 5:
            workers[1].processes[0].kill()

    with Store(tmp_path / "scan.jsonl", {}) as store:
        spread = run(examiner, client, names, store, kill_after_five, seed=7)
    assert spread == run(examiner, names=names, seed=7, jobs=2)
    assert sorted(told[1:]) == sorted(names)
    kept = [json.loads(line)["function"] for line in (tmp_path / "scan.jsonl").read_text().splitlines()[1:]]
    assert sorted(kept) == sorted(names)


def test_what_hangs_is_ended_at_its_limit_and_its_worker_lives_on(examiner, client):
    before = client.run(os.getpid)
    assert [record.status for record in run(examiner, client, ["m.hangs", "m.fine"], limit=1.0)] == [
        "timed out",
        "checked",
    ]
    assert client.run(os.getpid) == before


def test_a_function_under_which_every_worker_dies_is_recorded_as_crashed(examiner, client):
    deadly, fine = run(examiner, client, ["m.deadly", "m.fine"])
    assert (deadly.status, deadly.detail) == ("crashed", "every Dask worker that it was given to died")
    assert fine.status == "checked"


def test_a_scan_whose_driver_was_killed_goes_on_with_what_is_missing(library, client, tmp_path):
    kept = tmp_path / "scan.jsonl"
    arguments = ["scan", "spreadlib", "--dask", client.scheduler.address, "--out", str(kept), "--examiner", STOPPED]
    found = {"PYTHONPATH": os.pathsep.join(sys.path)}
    driver = subprocess.Popen([sys.executable, "-m", "verify", *arguments], env=os.environ | found)
    wait_until(lambda: kept.exists() and kept.read_bytes().count(b"\n") >= 7)
    driver.kill()
    driver.wait()
    before = kept.read_bytes()
    assert before.count(b"\n") == 7
    (library / "told").touch()

    with pytest.raises(SystemExit) as exit_:
        main([*arguments, "--resume"])
    assert exit_.value.code == 0
    text = kept.read_bytes()
    assert text.startswith(before[: before.rindex(b"\n") + 1])
    functions = [json.loads(line)["function"] for line in text.splitlines()[1:]]
    assert sorted(functions) == sorted(f"spreadlib.{name}" for name in FUNCTIONS)


def shell(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["scan", "json", *arguments])
    shown = capsys.readouterr()
    assert (end.value.code, shown.out, shown.err.count("\n")) == (2, "", 1)
    return shown.err


def test_where_no_scheduler_answers_the_shell_says_so_in_one_sentence(examiner, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "_ANSWER", 0.5)
    kept = tmp_path / "scan.jsonl"
    told = shell(capsys, "--dask", "127.0.0.1:1", "--examiner", examiner, "--out", str(kept))
    assert told == (
        "verify: no Dask scheduler answers at '127.0.0.1:1' within 0.5 s: start one with `dask scheduler`, or correct "
        "the address (HOST:PORT).\n"
    )
    assert not kept.exists()


def test_without_dask_the_extra_is_named(examiner, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    told = shell(capsys, "--dask", "127.0.0.1:1", "--examiner", examiner)
    assert told == "verify: `dask` needs dask.distributed: install the extra, `pip install jaxcnn[cluster]`.\n"


def test_processes_of_this_machine_cannot_be_counted_for_dask(examiner, capsys):
    told = shell(capsys, "--dask", "127.0.0.1:1", "--jobs", "2", "--examiner", examiner)
    assert told == "verify: `jobs` counts processes of this machine: leave it out with `dask`; got 2.\n"


def test_a_worker_with_other_sources_of_the_library_is_refused_before_the_first_task(
    examiner, client, tmp_path, monkeypatch
):
    (tmp_path / "editedlib.py").write_text("def fine(x):\n    return 2 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    kept = tmp_path / "scan.jsonl"
    message = (
        r"the Dask worker tcp://\S+ has editedlib of sources \w{10}, and this process editedlib of sources \w{10}: "
        r"install the same on both"
    )
    with pytest.raises(ValueError, match=message):
        verify.scan("editedlib", dask=client, examiner=examiner, resume=kept)
    assert kept.read_bytes().count(b"\n") == 1


def test_a_worker_that_joins_later_with_another_version_ends_the_scan(examiner, small, monkeypatch):
    own = agreement.here(())
    monkeypatch.setattr(cluster, "_agree", lambda *_: None)
    monkeypatch.setattr(remote, "versions", lambda _: {**own, "jax": "1"})
    with small(1).get_client() as client, pytest.raises(ValueError, match=r"a Dask worker .* has jax 1, and this .*"):
        run(examiner, client)


def test_a_scheduler_without_workers_is_not_waited_for_for_ever(examiner, small, monkeypatch):
    monkeypatch.setattr(cluster, "_ALONE", 0.3)
    with small(0).get_client() as client, pytest.raises(ConnectionError, match=r"has had no worker for 0\.3 s: start"):
        run(examiner, client)


def test_a_scheduler_that_goes_away_ends_the_scan_and_what_was_told_is_kept(examiner, small, tmp_path):
    own = small(1)  # of one thread: the second function begins when the first is done, and takes its whole limit

    def close_after_one(done, total, record):
        if done == 1:
            own.close()

    with own.get_client() as client, Store(tmp_path / "scan.jsonl", {}) as store:
        with pytest.raises(ConnectionError, match=r"the Dask scheduler \S+ is gone or has dropped the campaign"):
            run(examiner, client, ["m.fine", "m.waits"], store, close_after_one, limit=5.0)
    with Store(tmp_path / "scan.jsonl", {}) as store:
        assert set(store.done) == {"m.fine"}


def test_a_result_that_was_lost_with_the_last_worker_is_not_waited_for_for_ever(small, monkeypatch):
    monkeypatch.setattr(cluster, "_ALONE", 0.3)
    monkeypatch.setattr(cluster, "_LOOK", 0.1)
    own = small(1)
    with own.get_client() as client:
        watch = cluster._Watch(client)
        task = client.submit(int)
        distributed.wait(task)
        own.sync(own.workers[0].close)
        with pytest.raises(ConnectionError, match=r"has had no worker for 0\.3 s: start"):
            list(cluster._answered([task], client, watch))


def test_after_a_busy_time_a_worker_is_waited_for_as_long_as_at_the_beginning(small, monkeypatch):
    monkeypatch.setattr(cluster, "_ALONE", 0.3)
    with small(1).get_client() as client:
        watch, finished = cluster._Watch(client), queue.SimpleQueue()
        began = watch._end
        time.sleep(0.1)
        finished.put("a task")
        assert cluster._ready(finished, watch) == ["a task"]
    assert watch._end >= began + 0.1


def test_of_a_library_that_is_installed_to_be_edited_the_sources_count(tmp_path, monkeypatch):
    kept = tmp_path / "edited-1.5.dist-info"
    kept.mkdir()
    (kept / "METADATA").write_text("Metadata-Version: 2.1\nName: edited\nVersion: 1.5\n")
    (tmp_path / "edited.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)

    def version():
        return agreement.here(("edited",))["edited"]

    assert version() == "1.5"
    (kept / "direct_url.json").write_text('{"url": "file:///edited", "dir_info": {"editable": true}}')
    before = version()
    assert before.startswith("1.5 of sources ")
    (tmp_path / "edited.py").write_text("x = 1\n")
    assert version() != before


def test_where_one_task_of_a_batch_fails_those_that_have_finished_are_told_first(monkeypatch):
    class Task(NamedTuple):
        status: str

    def record(task, client, watch):
        if task.status == "error":
            raise RuntimeError("the examiner cannot be loaded")
        return "its record"

    monkeypatch.setattr(cluster, "_record", record)
    told = cluster._answered([Task("error"), Task("finished")], None, None)
    assert next(told) == [(Task("finished"), "its record")]
    with pytest.raises(RuntimeError, match="cannot be loaded"):
        next(told)


def test_a_worker_that_dies_while_versions_are_compared_is_passed_over(monkeypatch, small):
    with small(1).get_client() as client:
        monkeypatch.setattr(client, "run", lambda *_, **__: {"tcp://gone": OSError("closed")})
        cluster._agree(client, cluster._Watch(client), (), agreement.here(()))
        monkeypatch.setattr(client, "run", lambda *_, **__: {"tcp://odd": ModuleNotFoundError("verify")})
        with pytest.raises(ValueError, match=r"the Dask worker tcp://odd cannot run verify \(ModuleNotFoundError"):
            cluster._agree(client, cluster._Watch(client), (), agreement.here(()))


def test_a_process_is_used_again_and_is_ended_when_it_has_been_idle(examiner, monkeypatch):
    monkeypatch.setattr(remote, "_kept", {})
    large = np.ones(2**26)  # half a GiB: a process does not take the size of who starts it for its own
    same = {"work": Work(examiner, memory=2**31), "libraries": (), "expected": agreement.here(())}
    first, second = (remote.examine(name, **same) for name in ("m.counts_1", "m.counts_2"))
    assert (first.calls, second.calls) == (1, 2)
    assert large.all()
    other = {**same, "expected": {name: value for name, value in same["expected"].items() if name != "mpmath"}}
    monkeypatch.setattr(remote, "_IDLE", 0.0)
    assert remote.examine("m.counts_5", **other).calls == 1  # of a campaign that expects something else
    assert remote.examine("m.counts_3", **same).calls == 3
    wait_until(lambda: not remote._kept)
    assert remote.examine("m.counts_4", **same).calls == 1
    wait_until(lambda: not remote._kept)
