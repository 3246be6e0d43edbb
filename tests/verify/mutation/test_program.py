"""A mutant is the backward pass with one equation evaluated otherwise, wherever it is called."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify import mutation
from verify.mutation.program import Backward

X = np.asarray([0.5, -1.25, 2.0], np.float32)


def the(found, edit, operator=None):
    (mutant, *_) = [m for m in found.different if m.edit == edit and operator in (None, m.operator)]
    return mutant.backward


def backward(x, g):
    return (jax.jit(jnp.sin)(x) * g,)


@pytest.fixture(scope="module")
def cosine():
    return the(mutation.mutants(backward, X, X), "sin replaced by cos")


def test_an_equation_inside_a_jitted_call_is_mutated(cosine):
    np.testing.assert_allclose(cosine(X, X)[0], np.cos(X) * X, rtol=1e-6)


def test_a_mutant_is_jitted_mapped_and_differentiated_like_any_function(cosine):
    stacked = np.stack([X, 2 * X])
    np.testing.assert_allclose(jax.jit(cosine)(X, X)[0], np.cos(X) * X, rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(cosine)(stacked, stacked)[0], np.cos(stacked) * stacked, rtol=1e-6)
    second = jax.grad(lambda x: jnp.sum(cosine(x, X)[0]))(X)
    np.testing.assert_allclose(second, -np.sin(X) * X, rtol=1e-6)


def test_a_mutant_keeps_its_fault_at_other_shapes_and_in_float64(cosine):
    with jax.enable_x64(True):
        x = np.linspace(0.1, 0.9, 6).reshape(2, 3)
        (y,) = cosine(x, x)
        assert y.dtype == np.float64
        np.testing.assert_allclose(y, np.cos(x) * x, rtol=1e-14)


def test_a_fault_that_another_shape_has_no_place_for_is_left_out_there():
    def by_taps(x):
        return sum(x[i] * float(i + 2) for i in range(x.shape[0]))

    last = the(mutation.mutants(by_taps, X[:2]), "constant 3.0 doubled")
    np.testing.assert_allclose(last(X[:2]), by_taps(X[:2]) + 3 * X[1])
    np.testing.assert_allclose(last(X[:1]), by_taps(X[:1]))


@pytest.mark.parametrize(
    "looped",
    [
        lambda x: lax.scan(lambda c, _: (jnp.sin(c), None), x, None, length=2)[0],
        lambda x: lax.fori_loop(0, 2, lambda i, c: jnp.sin(c), x),
        lambda x: lax.cond(x[0] > 0, jnp.sin, lambda c: c, x),
        jax.checkpoint(lambda x: jnp.sin(x)),
    ],
    ids=["scan", "while", "cond", "remat"],
)
def test_equations_inside_control_flow_are_mutated(looped):
    mutant = the(mutation.mutants(looped, X), "sin replaced by cos")
    assert not np.allclose(mutant(X), looped(X))


def test_equations_inside_a_custom_rule_are_mutated_and_the_rules_beside_it_are_kept():
    def relu_then_exp(x):
        return jnp.exp(jax.nn.relu(x))

    backward = Backward(relu_then_exp, (X,))
    assert {"max", "exp"} <= {site.primitive for site in backward.sites}
    mutant = the(mutation.mutants(relu_then_exp, X), "result negated", "negated")
    assert mutant(X).shape == X.shape
    exp = the(mutation.mutants(relu_then_exp, X), "exp replaced by expm1")
    slope = jax.grad(lambda x: jnp.sum(exp(x)))(np.zeros_like(X))
    np.testing.assert_array_equal(slope, 0)  # jax.nn.relu's own rule has relu'(0) = 0, maximum alone 1/2


def test_python_integers_and_none_are_static_arguments():
    def power(x, n, nothing):
        return x**n if nothing is None else x

    found = mutation.mutants(power, X, 3, None)
    assert the(found, "exponent -1")(X, 3, None) == pytest.approx(X**2)


def test_a_mutant_says_where_it_is_and_what_was_done():
    (mutant, *_) = [m for m in mutation.mutants(backward, X, X).different if m.edit == "sin replaced by cos"]
    assert "test_program.py" in mutant.location
    assert "jax.jit(jnp.sin)(x) * g" in mutant.location
    assert any(line.startswith("-") and "= sin " in line for line in mutant.diff.splitlines())
    assert any(line.startswith("+") and "= cos " in line for line in mutant.diff.splitlines())
