"""The lines that a failure prints run when pasted, and show the value that it reports."""

import contextlib
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify

X = np.asarray([0.5, -1.25, 2.0], np.float32)
SHORT = {"budget": 1e-9}  # agreement at the example and nothing more: all that these faults need


def run(finding, **names):
    """Return what the lines print, with arrays written out as nested lists and trees as they are."""
    shown = []
    namespace = {**names, "print": shown.append, "finding": finding}
    with contextlib.redirect_stdout(io.StringIO()):
        exec("\n".join(finding.reproduce), namespace)
    return shown[-1]


def agreement(report):
    (finding,) = (f for f in report.failures if f.law == "agreement")
    return finding


def entry(cotangents, position, index):
    return float(np.asarray(cotangents[position], np.float64)[index])


def elementwise(x, w):
    return x * w


def wrong_elementwise(x, w, g):
    return g * w, -g * x


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16, np.float16], ids=["float32", "bfloat16", "float16"])
def test_a_rule_of_two_arguments_shows_the_reported_value(with_rule, dtype):
    fun = with_rule(elementwise, wrong_elementwise)
    finding = agreement(verify.check_rule(fun, X.astype(dtype), (X + 1).astype(dtype), **SHORT))
    assert finding.argument == "w"
    assert finding.reproduce[-1].endswith(f"# look at w{list(finding.index)}")
    found = run(finding, fun=fun)
    assert found[1].dtype == dtype
    assert entry(found, 1, finding.index) == pytest.approx(finding.actual, rel=2 * float(jnp.finfo(dtype).eps))
    assert abs(entry(found, 1, finding.index) - finding.expected) > finding.tolerance


def test_a_rule_of_a_tree_and_of_integers_shows_the_reported_value(with_rule):
    def pick(params, labels):
        return params["w"][labels] + params["b"][0]

    def back(params, labels, g):
        w = jnp.zeros_like(params["w"]).at[labels].set(g)  # repeated labels overwrite each other
        return {"w": w, "b": (jnp.sum(g),)}, None

    fun = with_rule(pick, back)
    finding = agreement(verify.check_rule(fun, {"w": X, "b": (X[0],)}, np.asarray([2, 0, 2]), **SHORT))
    assert finding.argument == "params['w']"
    found = run(finding, fun=fun)
    assert float(found[0]["w"][finding.index]) == pytest.approx(finding.actual, rel=1e-6)


def test_a_static_argument_is_written_out(with_rule):
    def power(x, n):
        return x**n

    @jax.jit
    def inner(x):
        return with_rule(lambda x: power(x, 3), lambda x, g: (2 * g * x * x,))(x)

    def fun(x, n):
        return inner(x) + n

    finding = agreement(verify.check_rule(fun, X, 3, **SHORT))
    assert "x1 = 3" in finding.reproduce
    assert finding.argument == "x"


def test_a_backward_pass_of_a_tree_shows_the_reported_value(failed):
    def forward(params, x, labels):
        return np.asarray((params["w"] * x)[labels])

    def backward(params, x, labels, g):
        d = np.zeros_like(x)
        np.add.at(d, labels, g)
        return {"w": d * x}, -d * params["w"], None

    report = verify.check_backward(forward, backward, {"w": X}, X + 1, np.asarray([2, 0]))
    assert failed(report) == {("agreement", "x")}
    finding = agreement(report)
    found = run(finding, backward=backward)
    assert entry(found, 1, finding.index) == pytest.approx(finding.actual, rel=1e-6)


def test_an_importable_function_is_imported(with_rule):
    report = verify.check_backward(np.sin, np.multiply, X)
    finding = agreement(report)
    assert not any("function that was passed" in line for line in finding.reproduce)
    assert float(np.ravel(run(finding))[finding.index[0]]) == pytest.approx(finding.actual, rel=1e-6)


def test_an_example_too_large_to_print_is_taken_from_the_finding(with_rule):
    fun = with_rule(lambda x: x * x, lambda x, g: (g * x,))
    x = np.linspace(-2, 2, 100, dtype=np.float32)
    finding = agreement(verify.check_rule(fun, x, **SHORT))
    assert any("finding.example" in line for line in finding.reproduce)
    found = run(finding, fun=fun)
    assert entry(found, 0, finding.index) == pytest.approx(finding.actual, rel=1e-6)


def test_a_smaller_example_than_the_users_is_shown_where_one_fails(with_rule):
    fun = with_rule(lambda x: x * x, lambda x, g: (g * x,))
    (shown,), _ = agreement(verify.check_rule(fun, X)).example
    assert shown.size == 1
