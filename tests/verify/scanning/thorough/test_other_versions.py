"""A Dask worker that is a process with another version of a package."""

import contextlib
import functools

import distributed
import pytest
from _respawned import Workers

from tests._installed import other_version
from verify.scanning import campaign, cluster
from verify.scanning.process import Work
from verify.scanning.store import Store


def run(examiner, client, names, store=None, progress=None):
    examine = functools.partial(cluster.examined, client=client, libraries=())
    return campaign.run(dict.fromkeys(names, ()), Work(examiner), store, progress, examine=examine)


def test_a_worker_process_with_another_version_ends_a_scan_that_it_joins_and_begins_none(examiner, tmp_path):
    other = other_version(tmp_path / "site", "mpmath", "0.0.7")
    told = r"has mpmath 0\.0\.7, and this process mpmath \S+: install the same on both"

    def replace_after_two(done, total, record):
        if done == 2:
            started.environment["PYTHONPATH"] = other
            started.processes[0].kill()

    with contextlib.ExitStack() as stack:
        scheduler = stack.enter_context(distributed.LocalCluster(n_workers=0, dashboard_address=":0"))
        started = stack.enter_context(contextlib.closing(Workers(scheduler.scheduler_address, 1)))
        client = stack.enter_context(scheduler.get_client())
        with Store(tmp_path / "scan.jsonl", {}) as store:
            with pytest.raises(ValueError, match=f"^a Dask worker that has joined {told}"):
                run(examiner, client, ["m.fine_1", "m.fine_2", "m.waits"], store, replace_after_two)
        with pytest.raises(ValueError, match=rf"^the Dask worker tcp://\S+ {told}"):
            run(examiner, client, ["m.fine"])
    with Store(tmp_path / "scan.jsonl", {}) as store:
        assert set(store.done) == {"m.fine_1", "m.fine_2"}
