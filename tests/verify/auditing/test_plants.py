"""A program with a rule at every place: each planted fault is found, and located to its path and line.

`thorough` audits it on four devices, and the right one.
"""

import _plants
import numpy as np
import pytest

import verify
from verify import _collected


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    return verify.audit(_plants.wrong, *_plants.example(), folder=folder), folder


@pytest.mark.parametrize("name", _plants.PLANTS)
def test_a_planted_fault_is_found_by_its_law_and_located_to_path_and_line(audited, name):
    path, law = _plants.PLANTS[name]
    found = [f for f in audited[0].failures if f"`{name}`" in f.where.split(" / ")[-1]]
    assert law in {f.law for f in found}
    assert all(f.where.startswith(f"{path} (_plants.py:{_plants.line_of(name)}") for f in found)


def test_nothing_but_the_planted_faults_is_found(audited):
    failed = {rule.name for rule in audited[0].rules if rule.verdict == "FAILED"}
    assert failed == set(_plants.PLANTS)
    assert len(failed) >= 12
    assert {rule.name: rule.verdict for rule in audited[0].rules}["outer"] == "held"


def test_a_rule_in_a_branch_that_was_not_taken_is_told_so(audited):
    (found,) = [f for f in audited[0].failures if "`untaken`" in f.where]
    assert found.where.endswith(", in a branch that was not taken")


def test_the_values_that_arrived_are_kept_as_plain_arrays(audited):
    (file,) = audited[1].glob("closed-*.npz")
    with np.load(file) as kept:
        assert set(kept.files) == {"x0", "w0"}
        assert kept["x0"].shape == (3, 3)


def test_the_census_survives_the_way_through_plain_data(audited):
    assert _collected.from_plain(_collected.to_plain("a test", audited[0])).rules == audited[0].rules
