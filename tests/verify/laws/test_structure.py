"""Law: every cotangent has the tree, shape and dtype of its argument."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X, B = np.asarray([[0.5, -1.25], [2.0, 1.5]], np.float32), np.asarray([1.0, -0.5], np.float32)


def add(x, b):
    return x + jnp.broadcast_to(b, x.shape)


def test_a_cotangent_of_the_wrong_shape_is_rejected(with_rule, failed):
    report = check_here(with_rule(add, lambda x, b, g: (g, g)), X, B)
    assert failed(report) == {("structure", None)}
    assert "shape" in report.failures[0].actual
    assert report.failures[0].expected == "the rule runs"


def test_a_missing_cotangent_is_rejected(with_rule, failed):
    report = check_here(with_rule(add, lambda x, b, g: (g,)), X, B)
    assert failed(report) == {("structure", None)}


def test_a_rule_that_raises_is_a_finding_and_not_a_crash(with_rule, failed):
    def backward(x, b, g):
        raise RuntimeError("residuals are gone")

    report = check_here(with_rule(add, backward), X, B)
    assert failed(report) == {("structure", None)}
    assert report.failures[0].actual == "RuntimeError: residuals are gone"


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16], ids=["seen in another dtype", "seen at the example"])
def test_a_float32_cotangent_for_a_bfloat16_argument_is_rejected(with_rule, failed, dtype):
    def backward(x, g):
        return ((2 * x * g).astype(jnp.float32),)

    report = check_here(with_rule(lambda x: x * x, backward), X.astype(dtype))
    assert failed(report) == {("structure", "x")}
    assert str(report.failures[0].actual).startswith("float32")


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16, np.float16], ids=["float32", "bfloat16", "float16"])
def test_cotangents_in_the_dtype_of_their_arguments_pass(with_rule, dtype):
    report = check_here(with_rule(lambda x: x * x, lambda x, g: (2 * x * g,)), X.astype(dtype))
    assert report.ok, str(report)
    assert ("structure", "x") in {(f.law, f.argument) for f in report.passed}


def test_a_dtype_that_the_primal_refuses_is_noted():
    def single(x):
        if x.dtype == jnp.bfloat16:
            raise TypeError("no bfloat16")
        return x * x

    report = check_here(single, X)
    assert report.ok
    assert "bfloat16 was left out: the primal does not accept it (TypeError)" in report.notes
