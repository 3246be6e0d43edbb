"""The same records in the same order whatever the number of processes, and whether or not the scan was stopped."""

import dataclasses
import signal

import pytest

from verify.scanning import campaign
from verify.scanning.process import Work
from verify.scanning.store import Store

NAMES = {name: (f"alias_of_{name}",) for name in ("m.wrong_1", "m.segfaults", "m.fine", "m.mixed", "m.poisoned")}


def run(examiner, store=None, progress=None, **options):
    records = campaign.run(NAMES, Work(examiner, **options), store, progress)
    return [dataclasses.replace(record, seconds=0.0) for record in records]


def test_records_and_their_order_do_not_depend_on_the_number_of_processes(examiner):
    alone = run(examiner, seed=7)
    assert [record.function for record in alone] == list(NAMES)
    assert alone[0].aliases == NAMES["m.wrong_1"]
    assert alone[0].detail.startswith("seed 7")
    assert run(examiner, seed=7, jobs=3) == alone


def test_a_scan_that_was_stopped_goes_on_and_says_the_same(examiner, tmp_path):
    path, told = tmp_path / "scan.jsonl", []

    def stop_after_three(done, total, record):
        if done == 3:
            signal.raise_signal(signal.SIGINT)

    with Store(path, {}) as store:
        message = r"interrupted after 3 of 5 functions: .*scan\.jsonl keeps them, and goes on from there"
        with pytest.raises(campaign.Interrupted, match=message):
            run(examiner, store, stop_after_three)
    kept = path.read_text()
    assert kept.count("\n") == 4
    with Store(path, {}) as store:
        again = run(examiner, store, lambda *now: told.append(now))
    assert again == run(examiner)
    assert path.read_text().startswith(kept)
    assert [(done, total) for done, total, _ in told] == [(3, 5), (4, 5), (5, 5)]
    assert {record.function for _, _, record in told if record} == {"m.mixed", "m.poisoned"}


def test_without_a_file_an_interruption_says_that_nothing_is_kept(examiner):
    def stop(done, total, record):
        if done:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt, match=r"interrupted after 1 of 5 functions: nothing is kept without a file"):
        run(examiner, progress=stop)
