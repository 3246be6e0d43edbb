"""Every planted fault is really there, in the cotangent it names, where it says it shows, and nowhere else."""

from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn import FAULTS, RULES, plant

every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


def different(ours, theirs):
    """Return whether two cotangents differ by more than rounding, relative to the larger of 1 and their size."""
    # 0.01 % is 800 roundings of float32, and a tenth of the smallest fault; bfloat16 rounds by 0.4 % already.
    tolerance = max(1e-4, 2 * float(jnp.finfo(theirs.dtype).eps))
    ours, theirs = ours.astype(jnp.float32), theirs.astype(jnp.float32)
    return bool(jnp.any(jnp.abs(ours - theirs) > tolerance * jnp.maximum(1, jnp.abs(theirs))))


def cotangents(rule, arguments, cotangent, options):
    return rule.backward(rule.forward(*arguments, **options)[1], cotangent, **options)


def seen_in(view, rule, arguments, cotangent, options):
    """Return the cotangents of a rule under vmap, or the derivatives of their weighted sum."""
    if view == "vmap":
        stack = jax.tree.map(lambda x: jnp.stack([x, x]), (arguments, cotangent))
        return jax.vmap(lambda a, g: cotangents(rule, a, g, options))(*stack)
    weights = [jnp.arange(1.0, 1 + x.size, dtype=x.dtype).reshape(x.shape) for x in arguments]

    def weighted(arguments):
        found = cotangents(rule, arguments, cotangent, options)
        return sum(jnp.vdot(w, one) for w, one in zip(weights, found, strict=True))

    return jax.grad(weighted)(arguments)


@every_fault
def test_a_fault_changes_its_argument_where_it_shows_and_no_other(fault, example, reals):
    right, wrong = RULES[fault.rule], plant(fault.name)[fault.rule]
    arguments, options = example(fault.rule, jnp.bfloat16 if fault.shows_in == "dtype" else jnp.float32)
    shape = jax.eval_shape(lambda *values: right.primal(*values, **options), *arguments).shape
    cotangent = 3 * reals(shape, arguments[0].dtype)
    position = right.arguments.index(fault.argument)

    found, expected = (
        jax.jit(lambda *case, rule=rule: cotangents(rule, *case, options))(arguments, cotangent)
        for rule in (wrong, right)
    )
    assert different(found[position], expected[position]) == (fault.shows_in == "values")
    assert (found[position].dtype != arguments[position].dtype) == (fault.shows_in == "dtype")
    assert not any(different(found[other], expected[other]) for other in {*range(len(arguments))} - {position})

    if fault.shows_in in ("vmap", "second order"):
        found, expected = (seen_in(fault.shows_in, rule, arguments, cotangent, options) for rule in (wrong, right))
        assert any(map(different, found, expected))


@pytest.mark.parametrize("name", ["conv_kernel_batch_mean", "dense_kernel_batch_mean", "dense_bias_first_example"])
def test_some_faults_show_only_for_more_than_one_example(name, example, reals):
    fault = FAULTS[name]
    (inputs, *parameters), options = example(fault.rule)
    arguments = (inputs[:1], *parameters)
    cotangent = reals(RULES[fault.rule].primal(*arguments, **options).shape)
    found, expected = (cotangents(rules[fault.rule], arguments, cotangent, options) for rules in (plant(name), RULES))
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_one_fault_shows_only_for_images_that_are_not_square(example, reals):
    (inputs, *parameters), options = example("conv")
    arguments = (inputs[:, :6], *parameters)
    cotangent = reals(RULES["conv"].primal(*arguments, **options).shape)
    rules = plant("conv_inputs_not_square"), RULES
    found, expected = (cotangents(table["conv"], arguments, cotangent, options) for table in rules)
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_every_rule_has_at_least_two_faults_and_every_name_says_whose_it_is():
    count = Counter(fault.rule for fault in FAULTS.values())
    assert {name: count[name] for name in RULES if count[name] < 2} == {}
    assert all(name.startswith(fault.rule) and name == fault.name for name, fault in FAULTS.items())
    assert all(fault.argument in RULES[fault.rule].arguments for fault in FAULTS.values())


def test_planting_leaves_the_right_rules_as_they_are():
    wrong = plant("relu_wrong_side")
    assert wrong["relu"] != RULES["relu"]
    assert {name for name in RULES if wrong[name] != RULES[name]} == {"relu"}


def test_an_unknown_fault_names_the_nearest_ones():
    message = r"^There is no fault called 'typo': did you mean .*`jaxcnn faults` lists all\.$"
    with pytest.raises(ValueError, match=message):
        plant("typo")
