"""What a check notices: all, some with named survivors, or an error because it rejects the right pass."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

X = np.asarray([0.5, -1.25, 2.0, 0.75], np.float32)
G = np.asarray([1.5, 0.25, -2.0, 1.0], np.float32)


def forward(x):
    return jnp.sin(x)


def backward(x, g):
    return (jnp.cos(x) * g,)


def against(*points):
    """A check by values: the mutant's against the right ones, at these points."""

    def check(mutant):
        for x, g in points:
            np.testing.assert_allclose(mutant(x, g)[0], np.cos(x) * g, rtol=1e-5, atol=1e-6)

    return check


def test_a_check_that_compares_all_values_notices_every_mutant():
    score = verify.mutation_score(backward, against((X, G), (G, X)), X, G)
    assert (score.score, score.survivors) == (1.0, ())
    assert score.total == len(score.killed) > 8


def test_a_check_at_zero_alone_leaves_named_survivors():
    score = verify.mutation_score(backward, against((np.zeros_like(X), G)), X, G)
    assert "result negated" in {m.edit for m in score.killed}
    assert "survivor: operand dropped: first operand dropped" in str(score)  # cos(0) is 1
    assert 0 < score.score < 1


def test_a_check_of_the_sum_alone_misses_a_permutation():
    def check(mutant):
        return np.isclose(np.sum(mutant(X, G)[0]), np.sum(G))

    def reversed_(x, g):
        return (g[::-1],)

    score = verify.mutation_score(reversed_, check, X, G)
    assert "rev dropped" in {m.edit for m in score.survivors}
    assert "result negated" in {m.edit for m in score.killed}


def test_check_backward_notices_every_mutant():
    def check(mutant):
        return verify.check_backward(forward, mutant, X, domain=verify.Domain(vary_shape=False), budget=1e-3)

    score = verify.mutation_score(backward, check, X, G)
    assert score.survivors == ()
    assert {"agreement"} == {law for m in score.killed for law in m.noticed.split(", ")} & {"agreement"}


def test_what_a_check_raises_is_kept_as_what_it_noticed():
    def check(mutant):
        if mutant is not backward:
            raise KeyError("lost")

    score = verify.mutation_score(backward, check, X, G)
    assert {m.noticed for m in score.killed} == {"KeyError: 'lost'"}


def test_a_check_that_returns_none_has_no_complaint():
    assert verify.mutation_score(backward, lambda mutant: None, X, G).score == 0


def test_a_check_that_rejects_the_right_pass_is_refused():
    with pytest.raises(ValueError, match=r"`check` must accept the right backward pass .* it said: False"):
        verify.mutation_score(backward, lambda mutant: False, X, G)


@pytest.mark.parametrize(
    ("given", "check", "args", "message"),
    [
        (None, bool, (X,), "`backward` must be callable; got NoneType"),
        (backward, None, (X, G), r"`check` must be callable, check\(backward\) -> report or bool; got NoneType"),
        (lambda x: np.sin(x), bool, (X,), "JAX cannot trace `backward`"),
        (lambda n: n, bool, (np.arange(3),), "needs at least one floating-point array"),
    ],
    ids=["backward", "check", "NumPy", "integers"],
)
def test_what_cannot_be_mutated_is_refused_in_a_sentence(given, check, args, message):
    with pytest.raises(TypeError, match=message):
        verify.mutation_score(given, check, *args)


def test_the_text_has_a_row_per_operator_and_a_diff_per_survivor():
    score = verify.mutation_score(backward, lambda mutant: None, X, G)
    text = str(score)
    assert f"0 of {score.total} mutants noticed" in text
    assert text.count("survivor: ") == text.count("--- right") == score.total
    header, *rows = text.splitlines()[1:]
    assert header.split() == ["operator", "killed", "survivors", "equivalent", "conventions", "invalid"]
    assert any(row.startswith("function replaced") for row in rows)


def test_the_json_holds_every_mutant_with_its_diff():
    score = verify.mutation_score(backward, against((X, G)), X, G)
    data = json.loads(score.to_json())
    assert len(data["killed"]) == len(score.killed)
    assert all(mutant["diff"] and mutant["noticed"] for mutant in data["killed"])
    assert data["score"] == score.score


def test_a_rule_without_equations_has_no_mutants_but_those_of_its_output():
    score = verify.mutation_score(lambda g: (g,), lambda f: bool(np.array_equal(f(G)[0], G)), G)
    assert {m.operator for m in score.killed} == {"output forgotten"}
    assert isinstance(jax.jit(score.killed[0].backward)(G), tuple)
