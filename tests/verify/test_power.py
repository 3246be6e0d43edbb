"""The stated power is what the check really notices: twice the stated error is, a rounding is not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import verify
from tests.verify._here import check_here
from verify import power
from verify.checks import first_failure

X = np.asarray([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], np.float32)
W = np.asarray([[1.5, 0.25], [-0.75, 2.0], [0.5, -1.0]], np.float32)


def product(off=0.0, entry=(0, 0)):
    """x @ w whose d_w is off by a relative error in one entry."""
    fun = jax.custom_vjp(lambda x, w: x @ w)

    def backward(res, g):
        d_w = res[0].T @ g
        return g @ res[1].T, d_w.at[entry].multiply(1 + off)

    fun.defvjp(lambda x, w: (x @ w, (x, w)), backward)
    return fun


@pytest.fixture(scope="module")
def report():
    return verify.check_rule(product(), X, W, budget=1e-9)


@pytest.fixture(scope="module")
def stated(report):
    (found,) = [one for one in report.power if one.argument == "w"]
    return found


@pytest.mark.parametrize("entry", [(0, 0), (2, 1)])
def test_twice_the_stated_error_is_noticed_in_any_entry(stated, entry):
    assert stated.probability == 1.0
    assert not first_failure(product(2 * stated.relative_error, entry), X, W).ok


def test_what_is_stated_is_small_and_a_rounding_passes(stated):
    assert 1e-7 < stated.relative_error < 1e-5
    assert check_here(product(2.0**-24), X, W).ok
    with jax.enable_x64(True):
        (_, found) = verify.check_rule(product(), X.astype(np.float64), W.astype(np.float64), budget=1e-9).power
    assert found.relative_error < 1e-9


def test_the_quantile_counts_entries():
    # one entry in two thousand is compared loosely: it is the one in a thousand that is left out
    expected, allowed = np.ones((1, 2000)), np.full((1, 2000), 1e-6)
    allowed[0, 7] = 0.5
    found = power.of_leaf("x", expected, expected, allowed)
    assert found.relative_error == pytest.approx(1e-6)
    assert found.probability == pytest.approx(1999 / 2000)


def test_the_best_point_counts_and_the_rounding_of_the_rule_hides_as_much():
    expected = np.asarray([[1.0, 4.0], [2.0, 1.0]])
    found = power.of_leaf("x", expected, expected + 0.01, np.full((2, 2), 0.01))
    assert found.relative_error == pytest.approx(0.02 / 2)
    assert found.probability == 1.0


def test_an_entry_that_is_always_zero_is_measured_against_the_largest():
    expected = np.asarray([[0.0, 4.0]])
    assert power.of_leaf("x", expected, expected, np.full((1, 2), 0.04)).relative_error == pytest.approx(0.01)


def test_where_nothing_is_finite_nothing_is_claimed():
    nan = np.full((2, 3), np.nan)
    assert power.of_leaf("x", nan, nan, nan) is None


def test_the_power_is_in_every_form_of_the_report(report):
    assert "in one entry of d_w is noticed with probability 1.000" in report.table()
    assert '"relative_error"' in report.to_json()
    assert "is noticed with probability" in report.to_html()
    assert jnp.isfinite(report.power[0].relative_error)
