"""check_jacobian accepts what is right, in every form, and says of what is wrong which entry it is, and how."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.sparse import BCOO
from scipy.sparse import csr_array
from scipy.sparse.linalg import aslinearoperator

import verify

KERNEL = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32).round(2)
POINT = np.asarray([0.3, -1.2, 0.5, 2.0], np.float32)


def layer(kernel, x):
    """Two arguments, so that the Jacobian has two blocks."""
    return jnp.tanh(jnp.matmul(kernel, x))


def layer_jacobian(kernel, x):
    slope = 1 - jnp.tanh(jnp.matmul(kernel, x)) ** 2
    by_kernel = jnp.einsum("o,op,i->opi", slope, jnp.eye(3, dtype=x.dtype), x)
    return by_kernel, slope[:, None] * kernel


def by_x(change):
    """The Jacobian with its block by x changed."""

    def changed(kernel, x):
        by_kernel, right = layer_jacobian(kernel, x)
        return by_kernel, change(right)

    return changed


def softmax(z):
    return jax.nn.softmax(z)


def softmax_jacobian(z):
    p = softmax(z)
    return jnp.diag(p) - jnp.outer(p, p)


def squashed(x):
    """Not symmetric, and not square."""
    return layer(jnp.asarray(KERNEL, x.dtype), x)


def relu(x):
    return jnp.maximum(x, 0)


def numpy_function(x):
    return np.sin(x) * x[::-1]


def numpy_jacobian(x):
    return np.diag(np.cos(x) * x[::-1]) + np.diag(np.sin(x))[:, ::-1]


def the_failure(report):
    (failure,) = report.failures
    return failure


def test_a_right_jacobian_is_accepted_at_every_point_and_in_both_precisions():
    report = verify.check_jacobian(layer, layer_jacobian, KERNEL, POINT)
    assert report.ok, report
    assert {finding.argument for finding in report.passed if finding.law == "agreement"} == {"kernel", "x"}
    assert report.inconclusive == ()
    assert report.notes == ()


FORMS = {
    "numbers": lambda j: j,
    "CSR": csr_array,
    "LinearOperator": aslinearoperator,
    "BCOO": lambda j: BCOO.fromdense(jnp.asarray(j)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_jacobian_may_come_as_numbers_in_any_form_and_a_wrong_entry_is_found_in_each(form):
    jacobian = np.array(layer_jacobian(KERNEL, POINT)[1])
    assert verify.check_jacobian(squashed, FORMS[form](jacobian), POINT).ok
    jacobian[1, 2] *= 1.001
    failure = the_failure(verify.check_jacobian(squashed, FORMS[form](jacobian), POINT))
    assert failure.index == (1, 2)
    assert failure.diagnosis.code == "one-entry"
    np.testing.assert_allclose(failure.actual, 1.001 * failure.expected, rtol=1e-5)


def test_a_wrong_function_is_told_by_argument_entry_and_fault():
    report = verify.check_jacobian(layer, by_x(lambda j: j.at[1].multiply(2)), KERNEL, POINT)
    failure = the_failure(report)
    assert failure.argument == "x"
    assert failure.index[0] == 1
    assert failure.diagnosis.code == "one-row"
    assert "kernel" in {finding.argument for finding in report.passed}


def test_the_lines_of_a_failure_show_it_again(capsys):
    jacobian = np.asarray(softmax_jacobian(POINT)) + np.float32(1)
    failure = the_failure(verify.check_jacobian(softmax, jacobian, POINT))
    exec("\n".join(failure.reproduce), {"fun": softmax, "jacobian": jacobian, "finding": failure})
    printed = capsys.readouterr().out
    row, column = failure.index
    assert "1.1103384" in printed.split("\n")[0]  # what was claimed, then what JAX says
    assert "0.1103384" in printed.replace("1.1103384", "")
    assert (failure.actual, failure.expected) == pytest.approx(
        (jacobian[row, column], jacobian[row, column] - 1), abs=1e-6
    )


def test_a_transposed_square_block_is_told():
    square = KERNEL[:, :3]
    failure = the_failure(verify.check_jacobian(layer, by_x(lambda j: j.T), square, POINT[:3]))
    assert failure.diagnosis.code == "transposed"


def test_at_a_kink_every_generalised_jacobian_is_accepted_and_nothing_else():
    def with_slope(slope):
        return lambda x: jnp.diag(jnp.where(x == 0, jnp.full_like(x, slope), (x > 0).astype(x.dtype)))

    assert verify.check_jacobian(relu, with_slope(0), POINT).ok
    assert verify.check_jacobian(relu, with_slope(0.3), POINT).ok
    failure = the_failure(verify.check_jacobian(relu, with_slope(2), POINT))
    assert failure.diagnosis.code == "special-point"
    assert failure.index[0] == failure.index[1]


def test_of_a_numpy_function_numbers_decide():
    point = np.asarray([0.3, 0.5, -1.0, 2.0])
    report = verify.check_jacobian(numpy_function, numpy_jacobian, point)
    assert report.ok, report
    assert "only witness" in report.notes[0]

    def wrong(x):
        jacobian = numpy_jacobian(x)
        jacobian[2, 1] += 1e-3
        return jacobian

    failure = the_failure(verify.check_jacobian(numpy_function, wrong, point))
    assert failure.index == (2, 1)


def large(x):
    return jnp.sin(x) * jnp.roll(x, 1)


def test_of_a_large_jacobian_a_wrong_entry_in_a_row_that_is_not_looked_at_is_followed_there():
    x = np.random.default_rng(1).uniform(0.5, 1, 1025).astype(np.float32)  # more than 2^20 entries
    at = np.arange(1025)
    jacobian = np.zeros((1025, 1025), np.float32)
    jacobian[at, at] = np.cos(x) * np.roll(x, 1)
    jacobian[at, at - 1] = np.sin(x)
    report = verify.check_jacobian(large, jacobian, x)
    assert report.ok, report
    assert any("random combinations" in note for note in report.notes)
    jacobian[701, 20] = 0.5
    assert the_failure(verify.check_jacobian(large, jacobian, x)).index == (701, 20)


def test_several_outputs_and_an_integer_argument():
    def both(x, rows):
        return {"taken": x[rows], "sum": jnp.sum(x)}

    def jacobian(x, rows):
        taken = jnp.zeros((2, 4), x.dtype).at[jnp.arange(2), rows].set(1)
        return {"taken": (taken, None), "sum": (jnp.ones(4, x.dtype), None)}

    rows = np.asarray([2, 0])
    assert verify.check_jacobian(both, jacobian, POINT, rows).ok
    # outputs are in the order of the tree: "sum" is the first
    wrong = {"taken": np.eye(4, dtype=np.float32)[[2, 1]], "sum": np.ones(4, np.float32)}
    failure = the_failure(verify.check_jacobian(both, wrong, POINT, rows))
    assert failure.index in [(1, 0), (1, 1)]
    assert "(output 1)" in failure.diagnosis.sentence


REFUSED = {
    "a block too few": (lambda k, x: layer_jacobian(k, x)[0], "structure", "has 1 blocks, and the function 1 x 2"),
    "transposed, not square": (by_x(lambda j: j.T), "transposed", "it is transposed"),
    "another shape": (by_x(lambda j: j[0]), "shape", "has shape (4,), and must have (3, 4)"),
    "whole numbers": (by_x(lambda j: j.astype(jnp.int32)), "dtype", "must be floating point; got int32"),
    "an exception": (by_x(lambda j: 1 / 0), "raises", "raises at the example: ZeroDivisionError"),
}


@pytest.mark.parametrize(("jacobian", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_a_jacobian_of_another_structure_is_a_failure_in_one_sentence(jacobian, code, told):
    failure = the_failure(verify.check_jacobian(layer, jacobian, KERNEL, POINT))
    assert (failure.law, failure.diagnosis.code) == ("structure", code)
    assert told in failure.diagnosis.sentence


def test_what_cannot_be_checked_is_refused():
    with pytest.raises(TypeError, match=r"`lambda.* must have real arguments and outputs|real arguments and outputs"):
        verify.check_jacobian(lambda x: x * 1j, POINT, POINT)
    with pytest.raises(TypeError, match=r"must return at least one floating-point array"):
        verify.check_jacobian(lambda x: jnp.argmax(x), POINT, POINT)
    with pytest.raises(ValueError, match=r"must return at least one entry in every output"):
        verify.check_jacobian(lambda x: x[:0], POINT, POINT)
    with pytest.raises(TypeError, match=r"`fun` must be callable; got int"):
        verify.check_jacobian(3, POINT, POINT)
