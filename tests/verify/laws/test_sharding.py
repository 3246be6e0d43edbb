"""Law: sharded = unsharded, on four virtual devices in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.verify.laws._sharded_faults import ACCEPTED, FAULTS, LAW, USUAL

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def reports():
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    command = [sys.executable, "-m", "tests.verify.laws._sharded", *USUAL]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


def verdict(report):
    (cell,) = [cell for cell in report["cells"] if cell["name"] == "sharded"]
    return cell["verdict"]


@pytest.mark.parametrize("name", sorted(set(USUAL) & set(FAULTS)))
def test_a_rule_that_is_wrong_on_several_devices_is_rejected_and_told_why(reports, name):
    law, argument, code, words = FAULTS[name]
    (found,) = [f for f in reports[name]["failures"] if (f["law"], f["argument"]) == (law, argument)]
    assert found["diagnosis"]["code"] == code
    assert words in found["diagnosis"]["sentence"]
    assert {f["argument"] for f in reports[name]["failures"]} == {argument}


@pytest.mark.parametrize("name", sorted(set(USUAL) & set(ACCEPTED)))
def test_a_rule_that_is_right_on_several_devices_passes(reports, name):
    report = reports[name]
    assert report["failures"] == report["inconclusive"] == []
    assert verdict(report) == "held"
    assert LAW in {finding["law"] for finding in report["passed"]}


def test_what_goes_wrong_on_several_devices_only_is_found_by_no_other_law(reports):
    for name in ("partitioned, not summed", "partitioned, summed twice", "partitioned, not scattered", "gathered"):
        assert {f["law"] for f in reports[name]["failures"]} == {LAW}
        assert verdict(reports[name]) == "failed"


def test_all_laws_together_accept_a_right_rule_and_other_shapes_are_those_that_devices_can_share(reports):
    report = reports["whole"]
    assert report["failures"] == report["inconclusive"] == []
    assert {"vmap over x, w", "grad of vmap", "scan", "remat", "sharded"} <= {cell["name"] for cell in report["cells"]}


def test_a_primal_that_does_not_run_on_these_devices_is_noted_and_not_failed(reports):
    report = reports["primal refuses"]
    assert report["failures"] == []
    assert verdict(report) == "left out"
    assert any("the primal does not run so (ValueError: Received incompatible devices" in n for n in report["notes"])


def test_the_printed_lines_show_the_copies_that_differ_beside_the_unsharded_cotangents(reports):
    argument, parts, unsharded = reports["shown again"]
    copies, right = parts[1], unsharded[1]
    assert argument == "w"
    assert copies[0] != copies[1]
    np.testing.assert_allclose(np.sum(copies, axis=0), right, rtol=1e-5)


def test_a_backward_pass_by_hand_is_held_to_it_too(reports):
    right, wrong = reports["backward"]["right"], reports["backward"]["wrong"]
    assert right["failures"] == []
    assert verdict(right) == "held"
    assert (LAW, "w", "mesh-sum") in {
        (f["law"], f["argument"], f["diagnosis"]["code"]) for f in wrong["failures"] if f["diagnosis"]
    }
