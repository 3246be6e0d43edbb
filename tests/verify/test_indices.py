"""Telling integers: masks and valid indices are read from the primal, the bookkeeping of indexing is not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from tests.verify._here import check_here
from verify import indices
from verify.checks import first_failure

TABLE = np.asarray([[0.5, -1.25], [2.0, 1.5], [-0.75, 3.0], [0.25, -0.5]], np.float32)
IDS = np.asarray([1, 2, 1], np.int32)


def telling(fun, *args):
    floats = [a for a in args if a.dtype == np.float32]
    return indices.telling(jax.make_jaxpr(fun)(*args), len(floats), len(args) - len(floats))


@pytest.mark.parametrize(
    ("fun", "expected"),
    [
        (lambda x, n: jnp.where(n[:, None] >= 0, x[n], 0), (-1, 0, 3)),
        (lambda x, n: jnp.where((n != 2)[:, None], x[n], 0), (0, 2, 3)),
        (lambda x, n: jnp.where((n > 1)[:, None] & (x[:3] > 0), x[:3], 0), (1, 2)),
        (lambda x, n: jnp.where((5 < n)[:, None], x[:3], 0), (5, 6)),
        (lambda x, n: jax.nn.one_hot(n, 7)[:, :2] * x[:3], (0, 6)),
        (lambda x, n: x.at[n].add(1.0), (0, 3)),
        (lambda x, n: lax.dynamic_slice_in_dim(x, n[0], 2), (0, 3)),
        (lambda x, n: x * n.sum().astype(x.dtype), ()),
        (lambda x, n: x[n], (0, 3)),
    ],
    ids=["mask", "padding", "both masks", "flipped", "one-hot", "scatter", "slice", "arithmetic", "gather"],
)
def test_what_a_primal_does_with_its_indices_says_which_are_telling(fun, expected):
    assert telling(fun, TABLE, IDS) == (expected,)


def test_each_integer_argument_has_its_own():
    assert telling(lambda x, m, n: jnp.where((n == 9)[:, None], x[m], 0), TABLE, IDS, IDS) == ((0, 3), (9,))


def masked(x, labels):
    p = -jax.nn.log_softmax(x)[jnp.arange(labels.size), labels]
    return jnp.sum(jnp.where(labels >= 0, p, 0))


def masked_rule(mask):
    fun = jax.custom_vjp(lambda x, labels: masked(x, labels))

    def backward(residuals, g):
        x, labels = residuals
        d = (jax.nn.softmax(x) - jax.nn.one_hot(labels, x.shape[1], dtype=x.dtype)) * g
        return (jnp.where((labels >= 0)[:, None], d, 0) if mask else d), None

    fun.defvjp(lambda x, labels: (masked(x, labels), (x, labels)), backward)
    return fun


def test_a_mask_that_the_example_does_not_use_is_checked():
    assert check_here(masked_rule(True), TABLE[:3], np.asarray([0, 1, 1], np.int32)).ok
    report = first_failure(masked_rule(False), TABLE[:3], np.asarray([0, 1, 1], np.int32))
    assert [finding.argument for finding in report.failures] == ["x"]


def test_negative_indices_are_not_tried_where_only_indexing_itself_handles_them():
    """A rule by one-hot rows has no negative labels; neither has a caller who never passes them."""

    def nll(x, labels):
        return -jnp.sum(jax.nn.log_softmax(x)[jnp.arange(labels.size), labels])

    fun = jax.custom_vjp(lambda x, labels: nll(x, labels))
    fun.defvjp(
        lambda x, labels: (nll(x, labels), (x, labels)),
        lambda res, g: ((jax.nn.softmax(res[0]) - jax.nn.one_hot(res[1], res[0].shape[1], dtype=g.dtype)) * g, None),
    )
    assert check_here(fun, TABLE[:3], np.asarray([0, 1, 1], np.int32)).ok
