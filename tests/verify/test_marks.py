"""What only the rule decides by is tried: values between its thresholds, an index that it singles out."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from verify import marks, problem
from verify.subject import BackwardSubject, RuleSubject

X = np.asarray([0.5, -1.25, 2.0], np.float32)
TABLE = np.arange(24, dtype=np.float32).reshape(12, 2) / 8
IDS = np.asarray([3, 11, 0, 7], np.int32)


def sine(factor):
    """The sine, whose derivative is multiplied by a factor between 3.2 and 3.4 alone."""

    @jax.custom_vjp
    def rule(x):
        return jnp.sin(x)

    def backward(x, g):
        return (g * jnp.cos(x) * jnp.where((x > 3.2) & (x < 3.4), factor, 1.0),)

    rule.defvjp(lambda x: (jnp.sin(x), x), backward)
    return rule


def lookup(padding):
    """Rows of a table, whose gradient leaves out one of them."""

    @jax.custom_vjp
    def rule(table, ids):
        return table[ids]

    def backward(residuals, g):
        table, ids = residuals
        return jnp.zeros_like(table).at[ids].add(jnp.where((ids == padding)[:, None], 0, g)), None

    rule.defvjp(lambda table, ids: (table[ids], (table, ids)), backward)
    return rule


@pytest.mark.parametrize("example", [X, X[:1], X[0], np.tile(X, (5, 4))], ids=["three", "one", "scalar", "many"])
def test_a_rule_that_is_wrong_between_two_thresholds_of_its_own_is_found(example, failed):
    assert ("agreement", "x") in failed(verify.check_rule(sine(0.5), example))


def test_a_rule_that_decides_by_thresholds_and_is_right_passes():
    assert verify.check_rule(sine(1.0), X).raise_if_failed()


def test_an_index_that_the_rule_alone_singles_out_is_found(failed):
    assert ("agreement", "table") in failed(verify.check_rule(lookup(5), TABLE, IDS))


def test_a_rule_that_singles_out_an_index_that_never_comes_passes():
    assert verify.check_rule(lookup(99), TABLE, IDS).raise_if_failed()
    assert verify.check_rule(lookup(-1), TABLE, IDS).raise_if_failed()


def test_marks_are_those_of_the_primal_then_of_the_rule():
    base = problem.make(sine(0.5), (X,))
    primal = jax.make_jaxpr(lambda x: jnp.maximum(x, 1.75))(X)
    found = marks.of_floats(primal, RuleSubject(base))
    assert found[0] == 1.75
    assert {3.2, 3.4} <= {round(v, 6) for v in found}


def test_a_pass_that_is_not_traced_is_not_called_for_its_marks():
    calls = []
    base = problem.make(jnp.sin, (X,))
    subject = BackwardSubject(base, lambda *args: calls.append(args), jax.tree.structure(0), traceable=False)
    assert marks.of_floats(jax.make_jaxpr(jnp.sin)(X), subject) == ()
    assert calls == []


def test_a_scalar_beside_a_larger_array_meets_every_threshold(failed):
    @jax.custom_vjp
    def rule(x, w):
        return jnp.sin(x) * w

    def backward(saved, g):
        x, w = saved
        return jnp.sum(g * w) * jnp.cos(x) * jnp.where((x > 3.2) & (x < 3.4), 0.5, 1.0), g * jnp.sin(x)

    rule.defvjp(lambda x, w: (jnp.sin(x) * w, (x, w)), backward)
    assert ("agreement", "x") in failed(verify.check_rule(rule, np.float32(0.5), np.tile(X, 4)))


def test_many_thresholds_of_the_primal_leave_those_of_the_rule_their_places(failed):
    def primal(x):
        return sum((jnp.where(x > 5 + k / 2, k, 0.0) for k in range(17)), jnp.sin(x))

    rule = jax.custom_vjp(primal)
    factor = lambda x: jnp.where((x > 3.2) & (x < 3.4), 0.5, 1.0)  # noqa: E731
    rule.defvjp(lambda x: (primal(x), x), lambda x, g: (g * jnp.cos(x) * factor(x),))
    found = marks.of_floats(jax.make_jaxpr(primal)(X), RuleSubject(problem.make(rule, (X,))))
    assert {3.2, 3.4} <= {round(v, 6) for v in found}
    assert ("agreement", "x") in failed(verify.check_rule(rule, X))


def test_what_a_rule_prints_and_the_key_it_closes_over_do_not_end_the_check():
    key = jax.random.key(0)

    @jax.custom_vjp
    def rule(table, ids):
        return table[ids] + 0 * jax.random.normal(key, ())

    def backward(saved, g):
        jax.debug.callback(lambda: None)
        return jnp.zeros_like(saved[0]).at[saved[1]].add(g), None

    rule.defvjp(lambda table, ids: (rule(table, ids), (table, ids)), backward)
    assert verify.check_rule(rule, TABLE, IDS).raise_if_failed()


def test_a_mark_that_the_dtype_cannot_hold_is_left_out():
    last = float(np.finfo(np.float32).max)

    @jax.custom_vjp
    def rule(x):
        return jnp.tanh(x)

    rule.defvjp(lambda x: (jnp.tanh(x), x), lambda x, g: (jnp.clip(g * (1 - jnp.tanh(x) ** 2), -last, last),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verify.check_rule(rule, X).raise_if_failed()
