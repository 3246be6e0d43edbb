"""What is on trial, in which order, and how a part of it is chosen."""

import pytest

from jaxcnn import RULES, plant
from jaxcnn.verification import CASES, Digits, trials


@pytest.fixture(scope="module")
def digits():
    return Digits.load()


def names(digits, only=None):
    return [trial.name for trial in trials(digits, only=only)]


def test_rules_come_first_and_then_every_network(digits):
    assert names(digits) == [*(case.name for case in CASES), "lenet on integers", "lenet on digits", "mlp on digits"]
    assert [trial.kind for trial in trials(digits)] == ["rule"] * len(CASES) + ["network"] * 3


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("relu", ["relu"]),
        ("tanh", ["tanh", "lecun_tanh"]),
        ("tan*", ["tanh"]),
        ("*pool 2", ["max_pool 2", "avg_pool 2"]),
        ("mlp", ["mlp on digits"]),
        ("lenet on integers", ["lenet on integers"]),
    ],
)
def test_part_of_a_name_or_a_shell_pattern_chooses(only, expected, digits):
    assert names(digits, only) == expected


def test_a_name_that_matches_nothing_is_told_the_names(digits):
    with pytest.raises(ValueError, match=r"^`--only` must match something .*; 'rely' matches none of: conv 3x3 same, "):
        names(digits, "rely")


@pytest.mark.parametrize(
    ("rules", "ok"), [(RULES, True), (plant("flatten_next_example"), False)], ids=["right", "wrong"]
)
def test_a_trial_runs_with_the_rules_it_was_made_for(rules, ok, digits):
    (trial,) = trials(digits, rules, only="flatten")
    assert trial.run().ok == ok
