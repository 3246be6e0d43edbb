"""All benchmarks run as small as can be; one that fails or misses a claim is told and ends in exit code 1."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jax
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks import __main__ as all_of_them
from benchmarks import judged, record, suite
from benchmarks.record import Row
from benchmarks.suite import Outcome

ROOT = Path(__file__).resolve().parents[2]
TIMES = {"s", "samples/s", "of the result", "%", "rules/min", "functions/min", "rows/s"}
GOOD = Row("net", "ours", 2.0, "s", beside="theirs", ratio=1.5, least=1.2)


def keeping():
    """The environment in which the benchmarks, which run one after the other, find what this worker has compiled."""
    every = {"MIN_COMPILE_TIME_SECS": "0", "MIN_ENTRY_SIZE_BYTES": "-1"}
    kept = {f"JAX_PERSISTENT_CACHE_{name}": value for name, value in every.items()}
    return os.environ | kept | {"JAX_COMPILATION_CACHE_DIR": jax.config.jax_compilation_cache_dir}


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    folder = tmp_path_factory.mktemp("json")
    command = [sys.executable, "-m", "benchmarks", "--smoke", "--json-dir", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=keeping(), capture_output=True, text=True, check=False), folder


def test_every_benchmark_runs_small_and_ends_well(smoke):
    done, folder = smoke
    assert done.returncode == 0, done.stderr[-3000:]
    names = [name for name in suite.NAMES if name != suite.GPU]
    assert {file.stem for file in folder.glob("*.json")} >= set(names)
    for name in names:
        assert re.search(rf"^{name}: ok, \d+ s$", done.stdout, re.MULTILINE), done.stdout


def test_what_each_finds_is_saved_in_one_shape_and_nothing_is_claimed_of_times(smoke):
    for file in smoke[1].glob("*.json"):
        saved = json.loads(file.read_text())
        assert {"benchmark", "command", "date", "commit", "machine", "versions", "rows"} <= set(saved)
        assert saved["command"].startswith(f"python -m benchmarks.{saved['benchmark']} --smoke")
        rows = suite.read(file)
        assert rows
        if saved["benchmark"] != suite.GPU:
            assert [row.what for row in rows if row.unit in TIMES and (row.least or row.ratio)] == []
    claimed = [row for file in smoke[1].glob("*.json") for row in suite.read(file) if row.least is not None]
    assert any(row.unit.startswith("of ") for row in claimed)  # of counts there are claims, however small the run


def outcome(name, *rows, code=0):
    return Outcome(name, code, 1.0, rows)


def run_with(monkeypatch, outcomes, words=()):
    by_name = {one.name: one for one in outcomes}
    monkeypatch.setattr(suite, "run", lambda name, folder, **_: by_name[name])
    return all_of_them.main(["--only", *by_name, *words])


def test_the_table_names_the_peer_and_says_where_it_is_faster(monkeypatch, capsys):
    slow = Row("net", "slow", 2.0, "s", beside="theirs", ratio=0.5)
    floor = Row("net", "near", 2.0, "s", beside="fill", ratio=0.9, floor=True)
    assert run_with(monkeypatch, [outcome("matrices", GOOD, slow, floor)]) == 0
    lines = {line.split()[2]: line for line in capsys.readouterr().out.splitlines() if " net: " in line}
    assert re.search(r"1\.5 +theirs +1\.2 +yes", lines["ours"])
    assert re.search(r"0\.5 SLOWER +theirs", lines["slow"])
    assert re.search(r"0\.9 +fill \(floor\)", lines["near"])


def test_a_claim_that_does_not_hold_ends_in_exit_code_1(monkeypatch, capsys):
    missed = Row("net", "ours", 2.0, "s", beside="theirs", ratio=1.1, least=1.2)
    assert run_with(monkeypatch, [outcome("matrices", missed, code=1), outcome("jacobians", GOOD)]) == 1
    out = capsys.readouterr().out
    assert "matrices: 1 claims do not hold, 1 s" in out
    assert "jacobians: ok" in out


def test_one_that_failed_is_told_and_the_others_are_not_lost(monkeypatch, capsys):
    assert run_with(monkeypatch, [outcome("matrices", code=-9), outcome("jacobians", GOOD)]) == 1
    out = capsys.readouterr().out
    assert "FAILED with exit code -9" in out
    assert "net: ours" in out


def test_a_process_that_ends_badly_has_no_rows_even_where_an_older_result_lies(tmp_path):
    (tmp_path / "matrices.json").write_text(json.dumps({"rows": [vars(GOOD)]}))
    found = suite.run("matrices", tmp_path, smoke=True, more=["--no-such-option"])
    assert (found.code, found.rows, found.ended) == (2, (), False)


def test_a_peer_that_is_not_installed_has_a_row_that_says_so(monkeypatch, capsys):
    run_with(monkeypatch, [outcome("power", GOOD, Row("not measured", "chex order 1", note="chex is not installed"))])
    assert re.search(r"not measured: chex order 1 +chex is not installed", capsys.readouterr().out)


def test_a_smoke_run_keeps_claims_about_counts_alone():
    counted = Row("net", "told apart", 1, "of 1", beside="all", ratio=1.0, least=1.0, always=True)
    assert (judged.small(GOOD).ratio, judged.small(GOOD).least) == (None, None)
    assert judged.small(counted) == counted


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "matrixes"], "invalid choice: 'matrixes'"),
        (["--json-dir", "no/such/folder"], "the folder no/such/folder does not exist: make it, or name another one"),
    ],
)
def test_bad_usage_is_told_in_a_sentence_with_exit_code_2(words, message, capsys):
    with pytest.raises(SystemExit) as left:
        all_of_them.main(words)
    assert left.value.code == 2
    assert message in capsys.readouterr().err


def test_the_list_tells_what_each_benchmark_asks(capsys):
    assert all_of_them.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(suite.NAMES)
    assert all(len(line.split()) > 5 for line in lines)


def test_a_command_is_recorded_without_the_folders_of_the_machine(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["x", "--json", "/some/where/a.json", "--only", "b/c.json"])
    assert record.record("x", ())["command"] == "python -m benchmarks.x --json a.json --only b/c.json"
