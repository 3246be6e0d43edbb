"""`check_rule` over the static options of a rule."""

import itertools

import numpy as np
import pytest
from hypothesis import strategies as st

import verify
from verify.searching.configuration import MOST, combinations

IMAGES = np.arange(-8, 8, dtype=np.float32).reshape(1, 4, 4, 1) / 4
LIGHT = 1e-3  # seconds: enough for the light trials, which are asked of every configuration whatever the budget
KERNEL = np.asarray([[1, -2], [3, 0.5]], np.float32).reshape(2, 2, 1, 1)


@pytest.fixture
def wrong_for_strides(conv_maker):
    return conv_maker(lambda strides, padding, kernel: max(strides) > 1)


@pytest.fixture
def with_integer_strides(wrong_for_strides):
    return lambda strides, padding="VALID": wrong_for_strides((strides, strides), padding)


def test_a_rule_that_is_wrong_in_one_configuration_fails_and_the_option_is_named(with_integer_strides):
    make = with_integer_strides
    domain = verify.configurations(make, strides=[1, 2], padding=["SAME", "VALID"])
    report = verify.check_rule(make(1), IMAGES, KERNEL, domain=domain, budget=LIGHT)
    assert not report.ok
    assert report.notes[0] == "fails iff strides = 2 (it fails with 2 and holds with 1)"
    finding = report.failures[0]
    assert "with strides=2, padding='SAME'" in finding.where
    assert "fun = make(strides=2, padding='SAME')" in finding.reproduce
    scope = {"make": make}
    exec("\n".join(finding.reproduce[:-1]), scope)
    assert float(scope["pullback"](scope["w0"])[0][finding.index]) == pytest.approx(finding.actual)


def test_a_rule_that_is_right_in_every_configuration_is_accepted(conv_maker):
    make = conv_maker(lambda *_: False)
    domain = verify.configurations(make, strides=[(1, 1), (1, 2)], padding=["SAME", ((1, 0), (0, 1))])
    report = verify.check_rule(make(), IMAGES, KERNEL, domain=domain, budget=5)
    assert report.ok
    assert "checked in 4 configurations of 4 tried" in report.notes


def test_the_function_itself_is_checked_as_well(conv_maker):
    right, wrong = conv_maker(lambda *_: False), conv_maker(lambda *_: True)
    report = verify.check_rule(
        wrong(), IMAGES, KERNEL, domain=verify.configurations(right, strides=[(1, 1)]), budget=LIGHT
    )
    assert not report.ok
    assert "`conv` itself is one that fails" in report.notes


def test_a_configuration_that_the_primal_refuses_is_named_and_not_failed(conv_maker):
    make = conv_maker(lambda *_: False)
    domain = verify.configurations(make, groups=[1, 3])
    report = verify.check_rule(make(), IMAGES, KERNEL, domain=domain, budget=LIGHT)
    assert report.ok
    assert any(note.startswith("refused at this example: (groups=3): ValueError") for note in report.notes)
    assert "checked in 1 configurations of 2 tried" in report.notes


def test_when_time_runs_out_every_configuration_has_had_its_light_trial(wrong_for_strides):
    strides = [(1, 1), (1, 2), (2, 1), (3, 1), (1, 3)]
    domain = verify.configurations(wrong_for_strides, strides=strides, padding=["SAME", "VALID"])
    report = verify.check_rule(wrong_for_strides(), IMAGES, KERNEL, domain=domain, budget=LIGHT)
    assert report.notes[0].startswith("fails iff some entry of strides > 1")
    assert any(note.startswith("left out for lack of time: all but the agreement in float64") for note in report.notes)


def test_a_strategy_for_an_option_is_sampled(with_integer_strides):
    domain = verify.configurations(with_integer_strides, strides=st.integers(1, 3))
    report = verify.check_rule(with_integer_strides(1), IMAGES, KERNEL, domain=domain, budget=LIGHT)
    assert report.notes[0] == "fails iff strides > 1 (it fails with 2, 3 and holds with 1)"


def test_a_scalar_is_one_value_and_a_sequence_holds_several():
    found = verify.configurations(lambda **_: None, a=1, b="SAME", c=(1, 2), d=range(2), e={"x": 1}, f={2, 1}, g=None)
    assert found.options == {
        "a": (1,), "b": ("SAME",), "c": (1, 2), "d": (0, 1), "e": ({"x": 1},), "f": (1, 2), "g": (None,),
    }  # fmt: skip


def test_few_combinations_are_tried_all():
    found = combinations({"a": (1, 2), "b": "xyz"})
    assert [tuple(c.values()) for c in found] == list(itertools.product((1, 2), "xyz"))


def test_of_many_combinations_any_two_values_meet():
    values = {name: tuple(range(4)) for name in "abcde"}
    found = combinations(values)
    assert len(found) < MOST < 4**5
    for a, b in itertools.combinations("abcde", 2):
        assert {(c[a], c[b]) for c in found} == set(itertools.product(range(4), repeat=2))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: verify.configurations(3), TypeError, "`make` must be a function of the options.*got int"),
        (lambda: verify.configurations(lambda a: a, b=[1]), TypeError, "`make` cannot be called with the options b"),
        (lambda: verify.configurations(lambda a: a, a=[]), ValueError, "option `a` must have at least one value"),
        (
            lambda: verify.check_rule(np.sin, 1.0, domain=verify.configurations(lambda: np.sin, args=(1.0,))),
            ValueError,
            "`args` of verify.configurations is for verify.search",
        ),
    ],
    ids=["no function", "unknown option", "no value", "arguments twice"],
)
def test_configurations_that_cannot_be_are_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
