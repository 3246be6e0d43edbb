"""Every documented code has a planted fault that gets it, and one of another kind that must not."""

import re

import pytest

from tests.verify.diagnosis._fitted import FITTED
from tests.verify.diagnosis._observed import OBSERVED
from tests.verify.laws._sharded_faults import FAULTS
from verify import diagnosis
from verify.diagnosis import by_law
from verify.report import Finding

# a planted fault that looks like this one and has another code: the tests of the tables hold it to its own
RESEMBLING = {
    "conjugate": "sign",
    "sign": "conjugate of the result",
    "zero": "diagonal-only",
    "constant-factor": "sign",
    "wrong-side": "ties-duplicated",
    "other-argument": "transposed argument",
    "kernel-not-flipped": "transposed Jacobian",
    "stride-ignored": "dilation-ignored",
    "dilation-ignored": "stride-ignored",
    "shifted": "padding-off-by-one",
    "padding-off-by-one": "shifted",
    "transposed": "kernel-not-flipped in time",
    "derivative-at-output": "other-argument",
    "diagonal-only": "derivative-at-output",
    "sum-over-axis": "constant-factor of a mean",
    "cotangent-ignored": "sign of one output",
    "cotangent-clipped": "cotangent-ignored",
    "ties-duplicated": "wrong-side of two",
    "overflow": "nan",
    "nan": "overflow",
    "precision": "dtype",
    "batch-dependent": "structure",
    "vmap": "batch-dependent",
    "scan": "remat",
    "remat": "vmap",
    "second-order": "state",
    "state": "cotangent-clipped far out",
    "dtype": "structure",
    "structure": "dtype",
    "stop-gradient": "zero",
    "mesh-sum": "sum-over-axis",
    "sharding": "structure",
}


def documented():
    text = diagnosis.__doc__[diagnosis.__doc__.index("code  ") : diagnosis.__doc__.index("What is neither")]
    table, laws = text.split("and by the law that fails")
    rows = re.findall(r"^    ([a-z-]+(?:, [a-z-]+)*)  ", table, re.MULTILINE)
    return {code for row in rows for code in row.split(", ")} | set(re.findall(r"`([a-z-]+)`", laws))


def code(fault):
    return fault.split()[0]


def test_every_documented_code_has_a_fault_that_gets_it_and_a_resembling_one_that_does_not():
    on_devices = {named for _, _, named, _ in FAULTS.values() if named}
    planted = {code(fault) for fault in (*FITTED, *OBSERVED)} | on_devices | {"scan"}  # see below
    assert documented() == planted == set(RESEMBLING)
    for own, other in RESEMBLING.items():
        assert other in {**FITTED, **OBSERVED}, own
        assert code(other) != own


def test_every_fault_that_is_fitted_is_documented():
    assert {fault.CODE for fault in diagnosis.FITTED} <= documented()


@pytest.mark.parametrize("fault", OBSERVED)
def test_a_planted_fault_that_is_observed_is_named(fault):
    law, make = OBSERVED[fault]
    found = {f.diagnosis.code if f.diagnosis else None for f in make().failures if f.law == law}
    assert found == {code(fault)}


def test_the_law_of_scan_has_its_code():
    # verify runs every rule in a loop, so that a rule which fails under scan fails everywhere
    trial = type("Trial", (), {"internal_precision": None})()
    assert by_law.observed(trial, Finding("scan"), {}).code == "scan"
    assert by_law.observed(trial, Finding("remat"), {}).code == "remat"
