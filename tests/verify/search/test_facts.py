"""A claim is the simplest that all evidence bears out, and none is made where none does."""

import pytest

from verify.searching.facts import claim, sentence
from verify.searching.literals import call, key, source


def said(evidence):
    found = claim(evidence)
    return found and sentence(found, evidence)


def ints(failing, held):
    return [({"n": n}, True) for n in failing] + [({"n": n}, False) for n in held]


@pytest.mark.parametrize(
    ("failing", "held", "text"),
    [
        ([2, 3, 4], [1], "fails iff n > 1 (it fails with 2, 3, 4 and holds with 1)"),
        ([1, 2], [3, 4], "fails iff n <= 2 (it fails with 1, 2 and holds with 3, 4)"),
        ([2, 4], [1, 3], "fails iff n is even (it fails with 2, 4 and holds with 1, 3)"),
        ([1, 3], [2], "fails iff n is odd (it fails with 1, 3 and holds with 2)"),
        ([2], [1], "fails iff n = 2 (it fails with 2 and holds with 1)"),
        ([1, 4], [2, 3], "fails iff n = 1 or 4 (it fails with 1, 4 and holds with 2, 3)"),
        (["SAME"], ["VALID", None], "fails iff n = 'SAME' (it fails with 'SAME' and holds with 'VALID', None)"),
        ([True], [False], "fails iff n = True (it fails with True and holds with False)"),
        ([(1, 2), (3,)], [(1, 1)], "fails iff some entry of n > 1 (it fails with (1, 2), (3,) and holds with (1, 1))"),
        ([(3, 1), (2, 2)], [(1, 3)], "fails iff n[0] > 1 (it fails with (3, 1), (2, 2) and holds with (1, 3))"),
        ([0.5], [0.0, 0.25], "fails iff n > 0.25 (it fails with 0.5 and holds with 0.0, 0.25)"),
    ],
)  # fmt: skip
def test_one_fact_that_decides_is_named(failing, held, text):
    assert said(ints(failing, held)) == text


def test_two_facts_that_decide_together_are_both_named():
    points = [({"a": a, "b": b, "c": c}, a > 1 and b == "x") for a in (1, 2, 3) for b in "xy" for c in (0, 1)]
    assert said(points) == "fails iff a > 1 and b = 'x'"


def test_nothing_is_claimed_against_the_evidence():
    assert claim([({"a": 1}, True), ({"a": 1}, False), ({"a": 2}, True)]) is None


def test_where_everything_fails_no_fact_decides():
    assert claim([({"a": 1}, True), ({"a": 2}, True)]) == ()


def test_literals_read_back_and_tell_types_apart():
    assert len({key(value) for value in (1, 1.0, True, "1", (1,), [1])}) == 6
    assert source({"a": (1, None)}) == "{'a': (1, None)}"
    assert source(object()) is None
    marker = object()
    assert call({"n": 1, "f": marker}) == (f"# f = {marker!r}, as it was given to verify", "fun = make(n=1, f=f)")
