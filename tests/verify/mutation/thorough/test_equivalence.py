"""Mutants that are no mistakes do not count, and the smallest mistakes do."""

import jax.numpy as jnp
import numpy as np
import pytest

from verify import mutation

X = np.asarray([0.5, -1.25, 2.0], np.float32)
IMAGE = np.asarray([[1.5, -0.25], [0.75, 2.5], [0.5, -1.0]], np.float32)


def edits(group):
    return {(mutant.operator, mutant.edit) for mutant in group}


def test_operands_of_a_symmetric_product_may_be_exchanged():
    found = mutation.mutants(lambda x: jnp.sum(x * x) - jnp.sum(x * x), X)
    assert ("operands exchanged", "operands exchanged") in edits(found.equivalent)


def test_an_entry_that_only_another_label_reaches_is_a_mistake_when_it_is_wrong():
    def picked(g, label):
        return jnp.where(jnp.arange(3) == label, g, 0.0)

    found = mutation.mutants(picked, X, np.asarray(0))
    selected = [m for m in found.different if m.operator == "one entry scaled" and "select_n" in m.location]
    assert len(selected) == 1


def test_dead_code_has_only_equivalent_mutants():
    def with_dead_code(x):
        jnp.exp(x)
        return 2 * x

    dead = [m for m in mutation.mutants(with_dead_code, X).different if ": exp" in m.location]
    assert dead == []


def test_another_order_of_rounding_is_equivalent_and_a_thousandth_is_not():
    def shifted(x):
        return (x + 1) - 1

    found = mutation.mutants(shifted, X)
    assert ("operator replaced", "add replaced by sub") in edits(found.different)
    assert ("scaled", "result times 1.001") in edits(found.different)
    times_one = mutation.mutants(lambda x: x * (jnp.sin(x) ** 2 + jnp.cos(x) ** 2), X)
    assert ("operand dropped", "second operand dropped") in edits(times_one.equivalent)


def test_a_large_term_that_cancels_does_not_excuse_a_thousandth_elsewhere():
    found = mutation.mutants(lambda x, g: (x + 1e3 * g) - 1e3 * g, X, X)
    assert ("scaled", "result times 1.001") in edits(found.different)


def test_mutants_that_return_the_same_values_are_counted_once():
    found = mutation.mutants(lambda x: x * 3.0, X)
    assert sum(m.edit in ("result negated", "constant 3.0 negated") for m in found.different) == 1
    assert found.duplicates >= 1


def test_a_mutant_that_raises_or_changes_the_shape_is_invalid_and_says_why():
    found = mutation.mutants(lambda x, y: x @ y, np.ones((2, 3), np.float32), np.ones((3, 2), np.float32))
    assert ("operands exchanged", "operands exchanged") in edits(found.invalid)
    assert all(mutant.diff for mutant in found.invalid)


def test_another_subgradient_of_relu_at_zero_is_a_convention():
    found = mutation.mutants(lambda x, g: jnp.where(x <= 0, 0.0, g), X, X)
    assert ("comparison replaced", "le replaced by lt") in edits(found.conventions)
    assert ("comparison replaced", "le replaced by ge") in edits(found.different)


def last_wins(x, g):
    """max(a, b) of two columns; a tie goes to the first."""
    first = x[:, 0] >= x[:, 1]
    return jnp.stack([jnp.where(first, g, 0.0), jnp.where(first, 0.0, g)], axis=1)


def both_win(x, g):
    """The same with two comparisons, so that one edit can give a tie to both or to none."""
    first, second = x[:, 0] >= x[:, 1], x[:, 1] > x[:, 0]
    return jnp.stack([jnp.where(first, g, 0.0), jnp.where(second, g, 0.0)], axis=1)


def test_the_other_winner_of_a_tie_is_a_convention_and_both_or_none_are_mistakes():
    g = IMAGE[:, 0]
    tie = ("comparison replaced", "ge replaced by gt"), ("comparison replaced", "gt replaced by ge")
    assert tie[0] in edits(mutation.mutants(last_wins, IMAGE, g).conventions)
    assert set(tie) <= edits(mutation.mutants(both_win, IMAGE, g).different)


def test_a_winner_chosen_by_rounded_values_is_a_mistake_and_no_convention():
    found = mutation.mutants(lambda x, g: last_wins(2 * x, g), IMAGE, IMAGE[:, 0])
    near = {(m.operator, m.edit) for m in found.different if ": slice" in m.location or ": squeeze" in m.location}
    assert {("scaled", "result times 1.001"), ("rounded", "result rounded to 8 bits")} <= near


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_which_mutants_do_not_count_does_not_hang_on_the_draws(seed):
    def left_out(found):
        return [edits(group) for group in (found.equivalent, found.conventions, found.invalid)]

    def backward(x, g):
        return jnp.where(x <= 0, 0.0, jnp.exp(x) * g)

    assert left_out(mutation.mutants(backward, X, X, seed=seed)) == left_out(mutation.mutants(backward, X, X, seed=7))
