"""A fixed part of the libraries, examined as a scan does: what is right is not accused, what is known as wrong is."""

import pytest

from verify.scanning.examine import examine

ACCUSING = {"wrong", "nan", "raises", "imprecise"}
# Of each kind some: elementwise, of two arguments, reductions, windows, matrices, options, distributions, losses.
# More of each: thorough/test_subset.py.
RIGHT = """
jax.numpy.sin jax.numpy.log jax.numpy.sqrt jax.numpy.abs jax.numpy.reciprocal jax.numpy.multiply jax.numpy.heaviside
jax.numpy.where jax.numpy.sort jax.numpy.linalg.inv jax.lax.rsqrt jax.lax.cummin jax.nn.relu6 jax.nn.softplus
jax.scipy.special.entr jax.scipy.stats.logistic.pdf optax.losses.hinge_loss
""".split()


def check_not_accused(name):
    record = examine(name)
    assert record.status == "checked"
    assert record.calls > 0
    assert [finding for finding in record.findings if finding.verdict in ACCUSING] == []


@pytest.mark.parametrize("name", RIGHT)
def test_a_function_that_is_right_is_not_accused(name):
    check_not_accused(name)


def test_the_known_faults_of_spence_are_found():
    found = {(f.verdict, f.mode, f.at): f for f in examine("jax.scipy.special.spence").findings}
    nan = found["nan", "reverse", "x=2.0"]
    assert (nan.got, nan.how) == ("nan", "mpmath, 50 digits")
    assert float(nan.expected) == pytest.approx(-0.6931471805599453, rel=1e-15)
    assert found["wrong", "reverse, forward", "x=1.0"].expected == "-1"


def test_kinks_are_conventions_and_named():
    (finding,) = examine("jax.nn.relu").findings
    assert (finding.verdict, finding.at, finding.got) == ("convention", "x=0.0", "0")
    assert finding.why == "a kink, where autodiff takes the smaller slope"


def test_equal_seeds_give_equal_records():
    first, second = (examine("jax.numpy.hypot", seed=3).to_dict() for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_integers_are_not_differentiable_and_callables_are_left_out_with_a_reason():
    assert examine("jax.numpy.argsort").status == "not differentiable"
    assert examine("jax.numpy.bitwise_and").status == "not differentiable"
    left = examine("jax.lax.while_loop")
    assert (left.status, left.detail) == (
        "no signature",
        "it takes a callable whose derivative would be the one in question",
    )
