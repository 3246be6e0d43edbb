"""A function and its example: every leaf named as the user would, and errors that say which argument and why."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import problem

X = np.asarray([0.5, -1.0], np.float32)


def apply(params, x, n, scale, mode, labels, key, mask):
    return x


ARGUMENTS = (
    {"conv_0": {"kernel": X, "bias": X}},
    [X],
    3,
    2.5,
    "same",
    np.asarray([0, 1]),
    jax.random.key(0),
    np.asarray([True, False]),
)


@pytest.fixture(scope="module")
def made():
    return problem.make(apply, ARGUMENTS)


def test_every_leaf_has_the_path_that_the_user_would_write(made):
    assert made.paths == (
        "params['conv_0']['bias']",
        "params['conv_0']['kernel']",
        "x[0]",
        "n",
        "scale",
        "mode",
        "labels",
        "key",
        "mask",
    )


def test_floats_are_differentiated_arrays_passed_along_and_everything_else_fixed(made):
    assert made.kinds == ("float", "float", "float", "fixed", "float", "fixed", "array", "key", "array")
    assert made.fixed[:2] == (3, "same")
    assert made.float_paths == ("params['conv_0']['bias']", "params['conv_0']['kernel']", "x[0]", "scale")
    assert made.float_owners == (0, 0, 1, 3)
    assert [n.dtype.kind for n in made.others] == ["i", "u", "b"]


def test_a_float_that_a_rule_does_not_differentiate_stays_fixed():
    rule = jax.custom_vjp(lambda x, scale: scale * x, nondiff_argnums=(1,))
    for scale in (2.5, np.float32(2.5), np.float64(2.5), np.int32(3)):
        assert problem.make(rule, (X, scale)).kinds == ("float", "fixed")


def test_the_leaves_go_back_into_the_tree_they_came_from(made):
    twice = [2 * x for x in made.floats]
    params, x, n, scale, mode, labels, key, mask = made.arguments(twice, made.others)
    np.testing.assert_array_equal(params["conv_0"]["kernel"], 2 * X)
    np.testing.assert_array_equal(x[0], 2 * X)
    assert (n, scale, mode) == (3, 5.0, "same")
    assert labels is made.others[0]
    assert jax.random.key_impl(key) == jax.random.key_impl(ARGUMENTS[6])
    np.testing.assert_array_equal(jax.random.key_data(key), jax.random.key_data(ARGUMENTS[6]))
    assert mask is made.others[2]


def test_none_is_no_leaf_and_comes_back():
    made = problem.make(lambda x, bias: x, (X, None))
    assert made.arguments(made.floats, made.others)[1] is None


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (0.5, np.float32),
        (np.float64(0.5), np.float32),
        (np.asarray([0.5]), np.float32),
        (np.asarray([0.5], np.float16), np.float16),
        (jnp.asarray([0.5], jnp.bfloat16), jnp.bfloat16),
    ],
    ids=["Python float", "NumPy scalar", "float64", "float16", "bfloat16"],
)
def test_floats_have_the_dtype_that_jax_would_give_them(value, dtype):
    assert problem.make(lambda x: x, (value,)).floats[0].dtype == dtype


def test_with_64_bit_types_on_float64_stays_float64():
    with jax.enable_x64(True):
        floats = problem.make(lambda x, y: x, (0.5, np.asarray([0.5]))).floats
    assert [x.dtype for x in floats] == [np.float64, np.float64]


def test_only_the_floating_outputs_of_the_function_are_looked_at():
    made = problem.make(lambda x: {"y": x, "count": jnp.argmax(x), "name": 3}, (jnp.asarray(X),))
    assert len(made.call(made.floats, made.others)) == 1


@pytest.mark.parametrize(
    ("fun", "names"),
    [
        (lambda x, y: x, ["x", "y"]),
        (lambda *values: values[0], ["args[0]", "args[1]"]),
        (lambda x, *rest: x, ["x", "args[1]"]),
        (jax.jit(lambda left, right: left), ["left", "right"]),
        (jax.custom_vjp(lambda left, right: left), ["left", "right"]),
        (functools.partial(lambda n, x, y: x, 3), ["x", "y"]),
        (max, ["args[0]", "args[1]"]),
    ],
    ids=["plain", "starred", "mixed", "jit", "custom_vjp", "partial", "builtin"],
)
def test_arguments_are_named_by_the_signature_where_there_is_one(fun, names):
    assert problem.argument_names(fun, 2) == names


def test_a_function_is_described_by_its_name_and_source_line():
    name, where = problem.describe(jax.custom_vjp(apply))
    assert name == "apply"
    assert where == f"test_problem.py:{apply.__code__.co_firstlineno}"


def test_a_wrapper_of_jax_is_looked_through_and_one_of_a_package_beside_it_is_not():
    for package, file in (("jax", "test_problem.py"), ("jaxtyping", "wrapping.py")):
        made = {}
        exec(compile("def wrapper(x): ...", jax.__file__.replace("jax/__init__", f"{package}/wrapping"), "exec"), made)
        made["wrapper"].__wrapped__ = apply
        name, where = problem.describe(made["wrapper"])
        assert (name, where.partition(":")[0]) == ("wrapper", file)


def test_a_callable_without_source_is_described_by_its_name_alone():
    assert problem.describe(max) == ("max", None)


@pytest.mark.parametrize(
    ("fun", "args", "kind", "message"),
    [
        (3, (X,), TypeError, r"^`fun` must be callable; got int\.$"),
        (apply, ({"w": X * np.nan},), ValueError, r"^`params\['w'\]` holds NaN: pass an example at which `apply` is"),
        (
            apply,
            (np.asarray([1, 2], np.int32), 3, "same"),
            TypeError,
            r"^`apply` needs at least one floating-point array to differentiate; "
            r"got `params` int32 array, `x` int, `n` str\.$",
        ),
        (apply, (), TypeError, "needs at least one floating-point array to differentiate; got nothing"),
        (apply, (X[:0],), ValueError, r"^`params` has shape \(0,\), no entries: pass an example with at least one\.$"),
    ],
    ids=["not callable", "NaN", "integers", "nothing", "empty"],
)
def test_an_example_that_cannot_be_used_is_refused_in_one_sentence(fun, args, kind, message):
    with pytest.raises(kind, match=message) as caught:
        problem.make(fun, args)
    assert "\n" not in str(caught.value)


def test_infinities_in_the_example_are_allowed():
    assert problem.make(lambda x: x, (np.asarray([-np.inf, 1.0], np.float32),)).floats[0][0] == -np.inf
