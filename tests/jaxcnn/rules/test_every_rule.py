"""What must hold of every entry of RULES, read from the table: a new rule is tested by being in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.rules import RULES

# float64: each entry is a sum of n <= 200 terms no greater than 100 (whole numbers up to 3, or reals up to 2 in chains
# of a few operations); two ways of adding them differ by at most 2 n eps times the sum of the terms.
ROUNDING = 2 * 200 * np.finfo(np.float64).eps * 200 * 100

every_rule = pytest.mark.parametrize("name", RULES)


def assert_trees_close(found, expected, bound):
    for ours, theirs in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound)


def cotangents(name, arguments, cotangent, options):
    """Return the cotangents, by the rule; a function of the arguments and the cotangent that may be differentiated."""
    rule = RULES[name]
    return rule.backward(rule.forward(*arguments, **options)[1], cotangent, **options)


def cotangents_by_autodiff(name, arguments, cotangent, options):
    return jax.vjp(lambda *values: RULES[name].primal(*values, **options), *arguments)[1](cotangent)


@every_rule
def test_the_forward_pass_is_the_primal(name, example):
    arguments, options = example(name)
    np.testing.assert_array_equal(
        RULES[name].forward(*arguments, **options)[0], RULES[name].primal(*arguments, **options)
    )


@every_rule
def test_the_rule_is_the_derivative_that_autodiff_finds(name, example, reals):
    with jax.enable_x64(True):
        arguments, options = example(name, jnp.float64)
        cotangent = reals(RULES[name].primal(*arguments, **options).shape, jnp.float64)
        found, expected = (
            jax.jit(lambda *case, function=function: function(name, *case, options))(arguments, cotangent)
            for function in (cotangents, cotangents_by_autodiff)
        )
        assert_trees_close(found, expected, ROUNDING)
        altered = (found[0].at[(0,) * found[0].ndim].add(1e-6), *found[1:])
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_trees_close(altered, found, ROUNDING)


@every_rule
def test_the_derivative_of_the_rule_is_the_second_derivative(name, example, reals):
    with jax.enable_x64(True):
        arguments, options = example(name, jnp.float64)
        cotangent = reals(RULES[name].primal(*arguments, **options).shape, jnp.float64)
        weights = tuple(reals(argument.shape, jnp.float64) for argument in arguments)

        def second_order(function):
            def weighted(arguments, cotangent):
                found = function(name, arguments, cotangent, options)
                return sum(jnp.vdot(weight, one) for weight, one in zip(weights, found, strict=True))

            return jax.jit(jax.grad(weighted, argnums=(0, 1)))(arguments, cotangent)

        assert_trees_close(second_order(cotangents), second_order(cotangents_by_autodiff), ROUNDING)


@every_rule
@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16, jnp.float32, jnp.float64])
def test_every_cotangent_has_the_shape_and_dtype_of_its_argument(name, dtype, example):
    with jax.enable_x64(True):
        arguments, options = example(name, dtype)
        # Shapes and dtypes are known without computing anything.
        outputs = jax.eval_shape(lambda *values: RULES[name].primal(*values, **options), *arguments)
        found = jax.eval_shape(lambda *case: cotangents(name, *case, options), arguments, outputs)
        assert outputs.dtype == dtype
        assert [one.shape for one in found] == [one.shape for one in arguments]
        assert [one.dtype for one in found] == [dtype] * len(arguments)


@every_rule
def test_jit_and_vmap_change_nothing(name, example, reals):
    with jax.enable_x64(True):
        (first, options), (second, _) = example(name, jnp.float64), example(name, jnp.float64)
        shape = RULES[name].primal(*first, **options).shape
        g, h = reals(shape, jnp.float64), reals(shape, jnp.float64)

        def run(arguments, cotangent):
            return cotangents(name, arguments, cotangent, options)

        one, other = run(first, g), run(second, h)
        assert_trees_close(jax.jit(run)(first, g), one, ROUNDING)
        stack = jax.tree.map(lambda *values: jnp.stack(values), (first, g), (second, h))
        expected = jax.tree.map(lambda *values: jnp.stack(values), one, other)
        assert_trees_close(jax.vmap(run)(*stack), expected, ROUNDING)


@every_rule
def test_installed_by_custom_vjp_the_rule_is_what_grad_calls(name, example, reals):
    arguments, options = example(name)
    installed = RULES[name].with_custom_vjp(**options)
    outputs, vjp = jax.vjp(installed, *arguments)
    cotangent = reals(outputs.shape)
    np.testing.assert_array_equal(outputs, RULES[name].primal(*arguments, **options))
    for ours, theirs in zip(vjp(cotangent), cotangents(name, arguments, cotangent, options), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert installed.__name__ == name
