"""Right rules composed at random are accepted in three dtypes, and the same rules with a planted fault are not.

A share of `benchmarks/false_alarms.py`; before that, the derivatives themselves. With this seed no primal is finite
only because an overflow saturates (tanh(sinh(300))), where the chain rule itself gives 0 times infinity.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3]))

from benchmarks import elementwise, false_alarms, random_rules
from benchmarks.elementwise import BINARY, UNARY, Argument, Binary, Fault, Unary

X, Y = Argument(0), Argument(1)
RULES = random_rules.draw(4, seed=4)
SINE_OF_SQUARE = Unary("sin", Unary("square", X))
PRIMITIVES = [Unary(name, X) for name in UNARY] + [Binary(name, X, Y) for name in BINARY]


def autodiff(expression, points):
    return jax.vjp(lambda *xs: elementwise.value(expression, xs), *points)[1](jnp.ones_like(points[0]))


def by_rule(expression, points, fault=None):
    return jax.vjp(elementwise.rule(expression, fault), *points)[1](jnp.ones_like(points[0]))


@pytest.mark.parametrize("expression", [*PRIMITIVES, *RULES], ids=str)
def test_a_derivative_written_out_equals_autodiff(expression):
    with jax.enable_x64(True):
        # no kink: there JAX's abs' is 1, and above1 has none
        points = [jnp.asarray([-2.5, -1.1, -0.25, 0.2, 0.5, 1.5]), jnp.asarray([0.3, -0.7, 0.1, 2.0, -0.1, 0.9])]
        points = points[: elementwise.arity(expression)]
        for found, expected in zip(by_rule(expression, points), autodiff(expression, points), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["abs", "relu"])
def test_the_derivative_at_a_kink_is_zero(name):
    assert by_rule(Unary(name, X), [jnp.zeros(1)])[0] == 0


def test_a_rule_undoes_broadcasting():
    points = [jnp.ones((4, 3)), jnp.ones((1, 3))]
    assert [g.shape for g in by_rule(Binary("mul", X, Y), points)] == [(4, 3), (1, 3)]


@pytest.mark.parametrize(
    ("fault", "slope"),
    [
        (Fault(0, "sign"), -2 * 0.3 * np.cos(0.09)),
        (Fault(1, "twice"), 4 * 0.3 * np.cos(0.09)),
        (Fault(0, "inner"), np.cos(0.09)),
    ],
)
def test_a_fault_spoils_one_factor_of_the_chain(fault, slope):
    (found,) = by_rule(SINE_OF_SQUARE, [jnp.asarray([0.3])], fault)
    np.testing.assert_allclose(found, [slope], rtol=1e-6)


def test_a_fault_that_changes_nothing_to_be_seen_is_not_planted():
    unseen = Unary("cos", Unary("half", Binary("sub", X, X)))  # a derivative of zero, whatever its factors are
    assert random_rules.visible_faults(unseen) == []
    assert set(random_rules.visible_faults(SINE_OF_SQUARE)) == set(elementwise.faults(SINE_OF_SQUARE))


def test_equal_seeds_draw_equal_rules_and_others_draw_others():
    assert random_rules.draw(4, seed=4) == RULES
    assert random_rules.draw(4, seed=2) != RULES


def test_rules_of_one_and_of_two_arguments_are_drawn():
    assert {elementwise.arity(rule) for rule in RULES} == {1, 2}


@pytest.mark.parametrize("dtype", random_rules.DTYPES)
@pytest.mark.parametrize("rule", RULES[:2], ids=str)
def test_a_right_rule_raises_no_false_alarm(rule, dtype):
    outcome = false_alarms.check(rule, dtype)
    assert outcome.wanted, false_alarms.reproduction(outcome)


@pytest.mark.parametrize(("place", "dtype"), list(enumerate(random_rules.DTYPES)))
def test_a_planted_fault_is_rejected(place, dtype):
    planted = random_rules.visible_faults(RULES[place])
    outcome = false_alarms.check(RULES[place], dtype, planted[place % len(planted)])
    assert outcome.wanted, false_alarms.reproduction(outcome)


def test_the_benchmark_counts_a_rejected_right_rule_as_a_false_alarm(monkeypatch, capsys):
    monkeypatch.setattr(elementwise, "value_and_slopes", spoiling(elementwise.value_and_slopes))
    assert false_alarms.main(["--rules", "1", "--seed", "8", "--dtype", "float32"]) == 1
    told = capsys.readouterr().out
    assert "false alarm: " in told
    assert "false_alarms.check(" in told


def spoiling(value_and_slopes):
    def spoilt(*arguments):
        value, slopes = value_and_slopes(*arguments)
        return value, {i: 1.5 * slope for i, slope in slopes.items()}

    return spoilt
