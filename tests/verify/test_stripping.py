"""Rules are removed wherever they hide: the value stays, the derivative becomes that of the primal."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.sharding import AxisType, PartitionSpec

from verify import stripping

X = np.asarray([0.5, -1.25, 2.0], np.float32)


@jax.custom_vjp
def square(x):
    """x^2 whose rule says 100."""
    return x * x


square.defvjp(lambda x: (x * x, None), lambda _, g: (100 * g,))


@jax.custom_jvp
def cube(x):
    """x^3 whose rule says 1000."""
    return x * x * x


cube.defjvp(lambda primals, tangents: (cube(*primals), 1000 * tangents[0]))


@jax.custom_vjp
def nested(x):
    """A rule around another rule."""
    return square(x) + x


nested.defvjp(lambda x: (nested(x), None), lambda _, g: (10 * g,))


def loop(x):
    return lax.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, square(c[1])), (0, x))[1]


def on_a_mesh(check_vma):
    """The square on a mesh of one device: more of them would change nothing in the program."""
    mesh = jax.make_mesh((1,), ("d",), axis_types=(AxisType.Auto,))
    return jax.shard_map(
        square,
        mesh=mesh,
        in_specs=PartitionSpec("d"),
        out_specs=PartitionSpec("d"),
        check_vma=check_vma,
    )


PROGRAMS = {
    "bare": (square, lambda x: 2 * x),
    "custom_jvp": (cube, lambda x: 3 * x**2),
    "jit": (jax.jit(lambda x: square(x) + 1), lambda x: 2 * x),
    "jit in jit": (jax.jit(lambda x: jax.jit(square)(2 * x)), lambda x: 8 * x),
    "scan": (lambda x: lax.scan(lambda c, _: (square(c), None), x, None, length=2)[0], lambda x: 4 * x**3),
    "cond": (lambda x: lax.cond(x[0] > 0, square, cube, x), lambda x: 2 * x),
    "switch": (lambda x: lax.switch(1, [square, cube], x), lambda x: 3 * x**2),
    "checkpoint": (jax.checkpoint(square), lambda x: 2 * x),
    "vmap": (jax.vmap(square), lambda x: 2 * x),
    "map": (lambda x: lax.map(square, x), lambda x: 2 * x),
    "scan in jit in checkpoint": (
        jax.checkpoint(jax.jit(lambda x: lax.scan(lambda c, _: (square(c), None), x, None, length=1)[0])),
        lambda x: 2 * x,
    ),
    "nested": (nested, lambda x: 2 * x + 1),
    "shard_map": (on_a_mesh(True), lambda x: 2 * x),
    "shard_map, unchecked, in jit": (jax.jit(on_a_mesh(False)), lambda x: 2 * x),
    "closure over a constant": (lambda x: square(x) * jnp.asarray(X), lambda x: 2 * x * X),
    "no rule": (lambda x: x * x, lambda x: 2 * x),
}


@pytest.mark.parametrize(("function", "derivative"), PROGRAMS.values(), ids=PROGRAMS)
def test_without_its_rules_a_program_has_the_derivative_of_its_primal(function, derivative):
    stripped = stripping.without_rules(function)
    np.testing.assert_array_equal(stripped(X), function(X))
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(stripped(x)))(X), derivative(X), rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "no rule"])
def test_with_its_rules_it_has_another(name):
    function, derivative = PROGRAMS[name]
    with_rule = jax.grad(lambda x: jnp.sum(function(x)))(X)
    assert not np.allclose(with_rule, derivative(X))


def test_rules_in_a_while_loop_are_removed_for_forward_mode():
    stripped = stripping.without_rules(lambda x: loop(cube(x)))
    np.testing.assert_array_equal(stripped(X), loop(cube(X)))
    assert not stripping.has_rule(jax.make_jaxpr(stripped)(X))
    assert stripping.has_rule(jax.make_jaxpr(loop)(X))
    np.testing.assert_allclose(jax.jvp(stripped, (X,), (np.ones_like(X),))[1], 12 * X**11, rtol=1e-5)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_equation_of_a_stripped_program_carries_a_rule_and_none_is_opaque(name):
    function = PROGRAMS[name][0]
    jaxpr = jax.make_jaxpr(function)(X)
    assert stripping.has_rule(jaxpr) == (name != "no rule")
    assert stripping.opaque(jaxpr) == ()
    assert not stripping.has_rule(jax.make_jaxpr(stripping.without_rules(function))(X))


def test_keeping_inner_rules_removes_the_outermost_ones_alone():
    kept = stripping.without_rules(nested, keep_inner=True)
    np.testing.assert_array_equal(kept(X), nested(X))
    np.testing.assert_array_equal(jax.grad(lambda x: jnp.sum(kept(x)))(X), np.full(3, 101, np.float32))


def test_the_tree_of_the_output_stays():
    stripped = stripping.without_rules(lambda p: {"y": square(p["x"]), "x": (p["x"],)})
    found = stripped({"x": X})
    assert set(found) == {"x", "y"}
    np.testing.assert_array_equal(found["x"][0], X)


def test_a_call_that_may_hide_a_rule_and_is_not_entered_is_named():
    solved = jax.make_jaxpr(lambda x: lax.custom_linear_solve(square, x, lambda matvec, b: b / 2, symmetric=True))(X)
    assert stripping.opaque(solved) == ("custom_linear_solve",)
