"""A function that hangs, dies or fills the memory has its record; those beside it have theirs; no process is left."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from verify.scanning.process import Work
from verify.scanning.workers import examined


def records(names, examiner, **options):
    work = Work(examiner, **{"limit": 60.0, **options})
    return {record.function: record for batch in examined(names, work) for record in batch}


def children(driver):
    """The processes that were started for a driver, and by them: its number is their last argument."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            last = (process / "cmdline").read_text().split("\0")[-2:-1]
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:  # gone meanwhile
            continue
        if last == [str(driver)] and state != "Z":
            found.append(int(process.name))
    return found


def test_what_crashes_has_its_signal_and_its_last_words_and_the_others_are_checked(examiner):
    names = ["m.fine", "m.segfaults", "m.aborts", "m.prints", "m.raises", "m.also"]
    found = records(names, examiner, jobs=2)
    assert {name.removeprefix("m."): (record.status, record.detail) for name, record in found.items()} == {
        "fine": ("checked", "seed 0, budget 48, threads 1"),
        "segfaults": ("crashed", "the process was ended by SIGSEGV"),
        "aborts": ("crashed", "the process was ended by SIGABRT: Check failed: the compiler is at its end"),
        "prints": ("checked", "seed 0, budget 48, threads 1"),
        "raises": ("failed", "NotImplementedError: no rule for it"),
        "also": ("checked", "seed 0, budget 48, threads 1"),
    }
    assert children(os.getpid()) == []


def test_what_hangs_is_killed_with_what_it_has_started_and_the_others_are_checked(examiner):
    found = records(["m.hangs", "m.leaves", "m.fine"], examiner, limit=1.5)
    assert {name: record.status for name, record in found.items()} == {
        "m.hangs": "timed out",
        "m.leaves": "timed out",
        "m.fine": "checked",
    }
    assert found["m.hangs"].detail == "not done after 1.5 s"
    assert found["m.hangs"].seconds >= 1.5
    assert children(os.getpid()) == []


def test_what_fills_the_memory_is_stopped_before_the_machine_is_full(examiner):
    (record,) = records(["m.eats"], examiner, memory=2**28).values()
    assert (record.status, record.detail) == ("crashed", "the process ended with exit code 1: out of memory")


def test_a_crash_that_others_in_the_process_have_caused_is_not_the_function_s(examiner):
    found = records(["m.fine", "m.poisoned", "m.also"], examiner)
    assert [record.status for record in found.values()] == ["checked"] * 3


def test_a_process_that_has_grown_gives_way_to_another(examiner):
    # one of its imports alone is more than a quarter of this; the record still comes
    found = records(["m.poisoned_1", "m.poisoned_2"], examiner, memory=2**24)
    assert [record.status for record in found.values()] == ["checked"] * 2


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("_examiners:missing", r"_examiners:missing cannot be loaded: AttributeError: .*no attribute 'missing'"),
        ("_no_module:examine", r"_no_module:examine cannot be loaded: ModuleNotFoundError: No module named"),
    ],
)
def test_an_examiner_that_is_not_there_ends_the_scan_in_one_sentence(examiner, path, message):
    with pytest.raises(RuntimeError, match=message):
        records(["m.fine"], path)


def test_leaving_in_the_middle_ends_every_process(examiner):
    batches = examined(["m.fine", *(f"m.hangs_{i}" for i in range(3))], Work(examiner, jobs=3))
    next(batches)
    assert children(os.getpid())
    batches.close()
    assert children(os.getpid()) == []


def test_killing_the_driver_leaves_no_process(examiner, tmp_path):
    code = f"""
from verify.scanning.process import Work
from verify.scanning.workers import examined
list(examined(["m.hangs", "m.waits"], Work({examiner!r}, jobs=2)))
"""
    more = {"PYTHONPATH": os.pathsep.join(sys.path), "BEGUN": str(tmp_path)}
    driver = subprocess.Popen([sys.executable, "-c", code], env=os.environ | more)
    wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    assert len(children(driver.pid)) == 2
    driver.kill()
    driver.wait()
    wait_until(lambda: children(driver.pid) == [])


def wait_until(true):
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
