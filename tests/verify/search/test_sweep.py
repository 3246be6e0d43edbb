"""A sweep is one search with many seeds: a finding is told once, and what one search has found others try first."""

import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.database import InMemoryExampleDatabase

import verify
from verify.scanning import conduct
from verify.scanning.record import ScanFinding, Scanned
from verify.searching import draws, shard, shared

HERE = str(Path(__file__).parent)
OPTIONS = {"make": "_swept:make", "domain": "_swept:domain", "max_examples": 2}


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    yield
    sys.modules.pop("_swept", None)


def hunted(seed, database, make=print):
    asked = []

    def fails(value):
        asked.append(value)
        return value > 990_000

    known = shared.database(database, make)
    return draws.smallest(st.integers(0, 10**6), fails, seed=seed, max_examples=30, database=known), asked


def test_a_failing_example_is_tried_first_by_searches_with_other_seeds_of_the_same_rule_only():
    seeds = range(20)
    lonely = [hunted(seed, None)[0] for seed in seeds]
    unlucky, lucky = lonely.index(None), lonely.index(990_001)
    database = InMemoryExampleDatabase()
    assert hunted(lucky, database)[0] == 990_001
    found, asked = hunted(unlucky, database)
    assert (found, asked[0]) == (990_001, 990_001)
    assert hunted(unlucky, database, make=len)[0] is None


def test_with_a_database_equal_seeds_still_draw_alike():
    assert hunted(3, InMemoryExampleDatabase())[1] == hunted(3, InMemoryExampleDatabase())[1]


def test_a_database_that_is_none_is_refused():
    with pytest.raises(TypeError, match=r"`database` must be a hypothesis\.database\.ExampleDatabase; got str"):
        verify.search(lambda x: x, st.integers(), database="folder")


def test_a_search_of_a_sweep_finds_what_another_has_left_in_the_folder(tmp_path):
    import _swept

    same = {"seed": 0, "budget": 60.0, **OPTIONS}
    lonely = shard.examine("_swept:make seed 0", examples=None, **same)
    assert (lonely.status, lonely.findings) == ("checked", ())

    first = {**same, "max_examples": 60}
    record = shard.examine("_swept:make seed 1", examples=str(tmp_path), **first)
    (finding,) = record.findings
    assert (finding.verdict, finding.argument) == ("wrong", "x")
    assert finding.at == f"x (2,), factor={_swept.WRONG}"
    assert finding.why == "d_x equals minus the right gradient."
    assert finding.reproduction[:2] == (
        "import jax, numpy as np; from _swept import make",
        f"fun = make(factor={_swept.WRONG})",
    )
    assert Scanned.from_dict(record.to_dict()) == record

    helped = shard.examine("_swept:make seed 0", examples=str(tmp_path), **same)
    assert [(one.at, one.why) for one in helped.findings] == [(finding.at, finding.why)]


def found(at, **more):
    plain = {"function": "_swept:make", "verdict": "wrong", "mode": "agreement", "order": 1, "dtype": "float32"}
    return ScanFinding(**plain | {"argument": "x", "at": at, "got": "", "expected": "", "how": "", **more})


def test_equal_findings_of_several_searches_are_told_once_and_a_search_that_was_lost_is_told(monkeypatch):
    outcomes = [
        Scanned("_swept:make seed 0", "checked", findings=(found("x (12,), factor=17"),)),
        Scanned("_swept:make seed 1", "checked", findings=(found("x (2,), factor=17"), found("x (2,)", argument="y"))),
        Scanned("_swept:make seed 2", "crashed", "the process was ended by SIGSEGV"),
    ]
    monkeypatch.setattr(conduct, "conduct", lambda names, *_, **__: outcomes[: len(names)])
    report = verify.sweep("_swept:make", "_swept:domain", seeds=3)
    assert [(one.argument, one.at) for one in report.findings] == [("x", "x (2,), factor=17"), ("y", "x (2,)")]
    assert [(one.function, one.status, one.detail) for one in report.functions] == [
        ("_swept:make", "checked", "2 of 3 searches done"),
        ("_swept:make seed 2", "crashed", "the process was ended by SIGSEGV"),
    ]
    assert not report.ok


@pytest.mark.parametrize(
    ("make", "domain", "options", "message"),
    [
        ("_swept.make", "_swept:domain", {}, r"`make` must be written package\.module:name; got '_swept\.make'"),
        ("_swept:made", "_swept:domain", {}, r"`make` _swept:made: _swept has no made"),
        ("_swept:number", "_swept:domain", {}, r"`make` must name a function of the options .*; _swept:number is none"),
        ("_swept:make", "_swept:domains", {}, r"`domain` _swept:domains: _swept has no domains"),
        ("_swept:make", "_swept:domain", {"seeds": 0}, r"`seeds` must be a positive integer; got 0"),
        ("_swept:make", "_swept:domain", {"max_examples": 1.5}, r"`max_examples` must be a positive integer; got 1\.5"),
        ("_swept:make", "_swept:domain", {"limit": 0}, r"`limit` must be positive; got 0"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_in_one_sentence(make, domain, options, message):
    with pytest.raises((ValueError, TypeError, AttributeError), match=message):
        verify.sweep(make, domain, **options)
