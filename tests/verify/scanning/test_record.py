"""Records go through JSON without loss, and a finding's key outlives its digits."""

import dataclasses
import json

import pytest

from verify.scanning.record import ScanFinding, Scanned

FOUND = ScanFinding(
    function="jax.scipy.special.spence",
    verdict="nan",
    mode="reverse",
    order=1,
    dtype="float32",
    argument="x",
    at="x=1.5",
    got="nan",
    expected="-0.811",
    how="mpmath, 50 digits",
    reproduction=("import jax", "print(jax.grad(jax.scipy.special.spence)(1.5))"),
)
RECORD = Scanned("jax.scipy.special.spence", "checked", aliases=("spence",), calls=8, seconds=1.5, findings=(FOUND,))


def test_a_record_comes_back_from_json_as_it_was():
    assert Scanned.from_dict(json.loads(json.dumps(RECORD.to_dict()))) == RECORD


@pytest.mark.parametrize("change", [{"extra": 1}, {"mode": None}], ids=["one too many", "one too few"])
def test_other_fields_are_refused(change):
    data = RECORD.to_dict()["findings"][0] | change
    data = {name: value for name, value in data.items() if value is not None}
    with pytest.raises(ValueError, match=r"a ScanFinding must have the fields .*these differ: (extra|mode)\."):
        ScanFinding.from_dict(data)


def test_what_is_no_verdict_no_status_or_too_long_is_refused():
    with pytest.raises(ValueError, match=r"`verdict` must be one of wrong, nan, .*; got 'bad'"):
        dataclasses.replace(FOUND, verdict="bad")
    with pytest.raises(ValueError, match=r"`status` must be one of checked, .*; got 'fine'"):
        dataclasses.replace(RECORD, status="fine")
    with pytest.raises(ValueError, match=r"`reproduction` must have at most 6 lines; got 7"):
        dataclasses.replace(FOUND, reproduction=("pass",) * 7)


@pytest.mark.parametrize(
    ("one", "other"),
    [("x=1.5", "x=1.5000001"), ("x=1e-3, n=[2, -1]", "x=2.E+7, n=[40, -.5]"), ("x=0", "x=-0.0"), ("x=-inf", "x=-inf")],
)
def test_the_key_keeps_no_digits(one, other):
    assert dataclasses.replace(FOUND, at=one).key() == dataclasses.replace(FOUND, at=other).key()


@pytest.mark.parametrize(
    "change",
    [
        *({"at": at} for at in ("x=0", "x=-1.5", "x=inf", "x=nan", "x1=1.5", "x=[1.5, 1.5]")),
        {"verdict": "wrong"},
        {"mode": "forward"},
        {"order": 2},
        {"dtype": "float64"},
        {"argument": "y"},
        {"function": "jax.scipy.special.zeta"},
    ],
    ids=str,
)
def test_the_key_tells_findings_of_other_kinds_apart(change):
    assert dataclasses.replace(FOUND, **change).key() != FOUND.key()
