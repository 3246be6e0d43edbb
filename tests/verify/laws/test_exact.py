"""Law: on small integers the cotangents of a piecewise polynomial are exact."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.verify._here import check_here

X = np.linspace(-2, 2, 32, dtype=np.float32).reshape(4, 8)
LAW = "exact on integers"


def square(x):
    return x * x


def test_a_fault_at_a_single_integer_that_no_constant_names_is_found(with_rule, failed):
    report = check_here(with_rule(square, lambda x, g: (2 * x * g + jnp.where(x * x == 25, g, 0),)), X)
    assert failed(report) == {(LAW, "x")}


def test_a_right_polynomial_is_exact_and_the_chance_of_a_miss_is_told(with_rule):
    report = check_here(with_rule(square, lambda x, g: (2 * x * g,)), X)
    assert report.ok, str(report)
    (finding,) = (f for f in report.passed if f.law == LAW)
    assert (finding.error, finding.tolerance) == (0, 0)
    assert finding.diagnosis.code == "exact"
    assert "a wrong polynomial of degree 2 passes with probability <= " in finding.diagnosis.sentence


@pytest.mark.parametrize(
    ("primal", "reason"),
    [
        (jnp.sin, "`cos` does not map integers to integers that can be bounded"),
        (lambda x: 0.1 * x, "the constant 0.1 is not an integer"),
        (lambda x: (2 * x) ** 30, "intermediates would exceed the float32 mantissa"),
    ],
    ids=["sine", "fraction", "large"],
)
def test_why_there_is_no_exact_test_is_noted(primal, reason):
    report = check_here(primal, X[:1, :2])
    assert report.ok, str(report)
    assert any(note.startswith(f"no exact integer test: {reason}") for note in report.notes)
