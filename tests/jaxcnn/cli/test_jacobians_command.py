"""`jaxcnn jacobians`: the seven with their shapes next to autodiff's; exit status 1 if one fails."""

import dataclasses
import json

import numpy as np
import pytest

from jaxcnn import Dense, Flatten, Network, Sigmoid, verification
from jaxcnn.cli import main
from jaxcnn.verification import Digits, jacobians
from verify import Report


@pytest.fixture(scope="module")
def rows():
    """The rows of a narrow perceptron at a real digit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jacobians, "MLP", Network(Flatten(), Dense(5), Sigmoid(), Dense(10)))
        return jacobians.seven_rows(Digits.load(), seed=3)


@pytest.fixture
def jaxcnn(capsys, monkeypatch):
    """Return `jaxcnn(rows, *arguments)`: run `jaxcnn jacobians` on these rows; exit code, stdout and stderr."""

    def run(rows, *arguments):
        monkeypatch.setattr(verification, "seven_rows", lambda digits, *, seed: rows)
        with pytest.raises(SystemExit, match=r"^\d$") as ended:
            main(["jacobians", *arguments])
        return ended.value.code, *capsys.readouterr()

    return run


def test_every_jacobian_holds_and_is_what_autodiff_finds(rows):
    assert [row.report.ok for row in rows] == [True] * 7
    assert max(row.difference for row in rows) < 2.0**-22


def test_the_table_gives_shapes_and_entries_of_both_side_by_side(rows, jaxcnn):
    code, out, err = jaxcnn(rows, "--entries", "2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    (of_w1,) = (line for line in lines if line.startswith("da1/dW1  "))
    assert of_w1.split() == ["da1/dW1", "x[i]", "[o", "=", "p]", "5", "x", "784", "x", "5", *of_w1.split()[10:]]
    assert of_w1.rstrip().endswith("held")
    (title,) = (k for k, line in enumerate(lines) if line.startswith("da2/df1 10 x 5, rows"))
    ours, theirs = lines[title + 1].split("|")
    assert ours.split() == theirs.split()
    assert len(ours.split()) == 2
    assert lines[-1] == "all held"


def test_as_json(rows, jaxcnn):
    code, out, err = jaxcnn(rows, "--json")
    told = json.loads(out)
    assert (code, err, told["ok"]) == (0, "", True)
    assert [one["name"] for one in told["jacobians"]][:2] == ["dL/da2", "da2/db2"]
    assert told["jacobians"][5]["shape"] == [5, 784, 5]


def test_a_wrong_one_is_shown_and_ends_in_exit_status_1(rows, jaxcnn):
    wrong = rows[3].closed._replace(value=np.asarray(rows[3].closed.value) * 2)
    report = jacobians.check_jacobian(wrong.function, wrong.value, wrong.argument)
    failing = [*rows[:3], dataclasses.replace(rows[3], closed=wrong, report=report), *rows[4:]]
    code, out, _ = jaxcnn(failing, "--entries", "0")
    assert code == 1
    assert "constant-factor: The block of `value` is the right one times 2." in out
    assert out.splitlines()[-1] == "some FAILED"
    assert isinstance(report, Report)


def test_a_number_of_entries_that_cannot_be_is_refused(jaxcnn, rows):
    code, _, err = jaxcnn(rows, "--entries", "-1")
    assert code == 2
    assert "--entries" in err
