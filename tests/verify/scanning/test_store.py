"""What is in the file is on the disk and of one scan; what a kill has cut off is done again."""

import os
import resource

import pytest

from verify.scanning import campaign
from verify.scanning.process import Work
from verify.scanning.record import Scanned
from verify.scanning.store import Store

HEADER = {"seed": 0, "modules": ["jax.nn"], "versions": {"jax": "0.10.2"}}
RECORDS = [Scanned(f"jax.nn.f{i}", "checked", calls=i) for i in range(3)]


def written(path):
    with Store(path, HEADER) as store:
        store.append(RECORDS[:2])
        store.append(RECORDS[2:])
    return path.read_bytes()


def reopened(path):
    with Store(path, HEADER) as store:
        return list(store.done.values())


def test_another_opening_finds_every_record_and_goes_on_behind_them(tmp_path):
    path = tmp_path / "made" / "scan.jsonl"
    written(path)
    more = Scanned("jax.nn.relu", "timed out", "not done after 60 s")
    with Store(path, HEADER) as store:
        assert list(store.done.values()) == RECORDS
        store.append([more])
    assert reopened(path) == [*RECORDS, more]


def test_a_new_file_has_its_name_on_the_disk_before_anybody_is_told_of_a_record(tmp_path, monkeypatch):
    path, synced, real = tmp_path / "made" / "scan.jsonl", [], os.fsync

    def counted(descriptor):
        synced.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    with Store(path, HEADER) as store:
        assert synced == [str(path), str(path.parent), str(tmp_path)]
        store.append(RECORDS)
    assert synced[3:] == [str(path)]


def test_wherever_a_kill_has_cut_the_file_whole_records_are_kept_and_the_rest_is_dropped(tmp_path):
    path = tmp_path / "scan.jsonl"
    whole = written(path)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        count = max(0, whole[:length].count(b"\n") - 1)
        assert reopened(path) == RECORDS[:count]
        with Store(path, HEADER) as store:
            store.append(RECORDS[count:])
        assert path.read_bytes() == whole


def test_a_last_line_of_lost_blocks_is_dropped(tmp_path):
    path = tmp_path / "scan.jsonl"
    whole = written(path)
    path.write_bytes(whole + b"\0" * 40 + b"\n")
    assert reopened(path) == RECORDS
    assert path.read_bytes() == whole


@pytest.mark.parametrize("line", [b"{}", b"\0\0", b'{"function": "f", "status": "fine"}', b"[1]"], ids=repr)
def test_damage_before_the_last_line_is_told_and_the_file_left_as_it_is(tmp_path, line):
    path = tmp_path / "scan.jsonl"
    head, first, *rest = written(path).split(b"\n")
    damaged = b"\n".join([head, first, line, *rest])
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"line 3 of .*scan\.jsonl is no record of a scan"):
        Store(path, HEADER)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, r"another scan, with seed 0 and not 1: name another file"),
        ({"modules": ["jax.nn", "optax"]}, r"another scan, with modules jax\.nn and not jax\.nn, optax"),
        ({"versions": {"jax": "0.11.0"}}, r"another scan, with versions jax 0\.10\.2 and not jax 0\.11\.0"),
        ({"limit": 60.0}, r"another scan, with limit None and not 60\.0"),
    ],
    ids=str,
)
def test_the_file_of_another_scan_is_refused_and_left_as_it_is(tmp_path, change, message):
    path = tmp_path / "scan.jsonl"
    whole = written(path)
    with pytest.raises(ValueError, match=message):
        Store(path, HEADER | change)
    assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "text", [b"# Notes of a person", b"# Notes\n\nof a person\n", b'{"seed": 0}\n', b"{\n"], ids=repr
)
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path, text):
    path = tmp_path / "notes.md"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=r"notes\.md does not begin as the record of a scan does: name another file"):
        Store(path, HEADER)
    assert path.read_bytes() == text


def test_two_scans_do_not_write_to_one_file(tmp_path):
    path = tmp_path / "scan.jsonl"
    with Store(path, HEADER), pytest.raises(ValueError, match=r"scan\.jsonl is in use by another scan: wait for it"):
        Store(path, HEADER)
    assert reopened(path) == []


def test_a_disk_that_is_full_keeps_what_was_told_and_the_scan_goes_on_when_there_is_room(examiner, tmp_path):
    path, told, names = tmp_path / "scan.jsonl", [], {f"m.wrong_{i}": () for i in range(40)}
    message = r"scan\.jsonl cannot take more records \(File too large\): those that it has are kept; make room"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Store(path, HEADER) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, limits[1]))
        try:
            with pytest.raises(OSError, match=message):
                campaign.run(names, Work(examiner), store, lambda done, total, record: told.append(record))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    told = [record.function for record in told if record]
    kept = path.read_bytes()
    assert 0 < len(told) < len(names)
    assert kept.endswith(b"\n")
    with Store(path, HEADER) as store:
        assert list(store.done) == told
        assert [record.function for record in campaign.run(names, Work(examiner), store)] == list(names)
    assert path.read_bytes().startswith(kept)
