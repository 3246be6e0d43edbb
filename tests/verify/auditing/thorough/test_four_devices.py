"""The program with a rule at every place, wrong and right, from the command line, in a process with four devices."""

import json
import os
import subprocess
import sys
from pathlib import Path

import _plants
import pytest

HERE = Path(_plants.__file__).parent
CODE = """
from verify.__main__ import main
for name in ("wrong", "right"):
    try:
        main(["audit", f"_plants:{name}", "--args", "_plants:example", "--folder", f"{FOLDER}/{name}", "--json"])
    except SystemExit as end:
        print(f"exit code {end.code}")
"""


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    environment = {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
        # both programs have the same primals: the second one's witnesses need not be compiled again
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    code = CODE.replace("{FOLDER}", str(folder))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.stderr == ""
    wrong, one, right, two = done.stdout.replace("exit code ", "\0exit code ").replace("\n{", "\0{").split("\0")[:4]
    return {"wrong": (json.loads(wrong), one.strip()), "right": (json.loads(right), two.strip()), "folder": folder}


def test_the_command_exits_with_one_for_the_wrong_program_and_zero_for_the_right(audited):
    assert (audited["wrong"][1], audited["right"][1]) == ("exit code 1", "exit code 0")


@pytest.mark.parametrize("name", _plants.PLANTS)
def test_a_planted_fault_is_found_by_its_law_and_located_to_path_and_line(audited, name):
    path, law = _plants.PLANTS[name]
    found = [f for f in audited["wrong"][0]["failures"] if f"`{name}`" in f["where"].split(" / ")[-1]]
    assert law in {f["law"] for f in found}
    assert all(f["where"].startswith(f"{path} (_plants.py:{_plants.line_of(name)}") for f in found)


def test_nothing_but_the_planted_faults_is_found(audited):
    failed = {rule["name"] for rule in audited["wrong"][0]["rules"] if rule["verdict"] == "FAILED"}
    assert failed == set(_plants.PLANTS)
    assert len(failed) >= 12


def test_the_right_program_has_no_finding(audited):
    report = audited["right"][0]
    assert report["failures"] == report["inconclusive"] == []
    assert {rule["verdict"] for rule in report["rules"]} == {"held"}
    assert {rule["name"] for rule in report["rules"]} == {*_plants.PLANTS, "outer"}


def test_shares_are_those_of_a_program_in_which_all_flows_through_one_chain(audited):
    shares = {rule["name"]: rule["share"] for rule in audited["right"][0]["rules"]}
    assert shares["closed"] == shares["sharded"] == shares["forward"] == pytest.approx(1)
    assert 0 < shares["scanned"] < 1  # the carry is added to beside it
    assert shares["untaken"] == 0
    assert shares["inner"] is None  # inside another rule
    assert shares["solved"] is None  # no gate can be put there
