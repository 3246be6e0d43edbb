"""At a kink every generalised gradient is acceptable and nothing else is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import kinks, problem
from verify.witness import AutodiffWitness


def judge(function, x, found, cotangent=None):
    """Return the judgement on the cotangent `found` of `function` at `x`."""
    x = np.asarray(x, np.float64)
    witness = AutodiffWitness(problem.make(function, (x.astype(np.float32),)))
    y = np.asarray(function(jnp.asarray(x, jnp.float32)))
    w = np.ones(y.shape) if cotangent is None else np.asarray(cotangent, np.float64)
    found = np.asarray(found, np.float64)
    suspects = [tuple(int(i) for i in index) for index in np.argwhere(np.ones(x.shape))]
    rng = np.random.default_rng(0)
    return kinks.judge(witness, ((x,), (), (w,)), 0, (found,), (np.full(x.shape, 1e-9),), suspects, rng)


@pytest.mark.parametrize(
    ("slope", "verdict"),
    [(0.0, True), (0.5, True), (1.0, True), (1.5, False), (-0.1, False), (np.nan, False)],
)
def test_relu_at_zero_may_have_any_slope_from_0_to_1(slope, verdict):
    judgement = judge(lambda x: jnp.maximum(x, 0), [0.0], [slope])
    assert judgement.acceptable is verdict
    assert (judgement.low[0], judgement.high[0]) == (0.0, 1.0)
    assert judgement.kinked.all()


@pytest.mark.parametrize(("slope", "verdict"), [(-1.0, True), (0.0, True), (1.0, True), (1.01, False), (-2.0, False)])
def test_the_absolute_value_at_zero_may_have_any_slope_from_minus_1_to_1(slope, verdict):
    assert judge(jnp.abs, [0.0], [slope]).acceptable is verdict


@pytest.mark.parametrize(
    ("x", "found", "verdict"),
    [
        ([1, 1, 0], [1, 0, 0], True),
        ([1, 1, 0], [0, 1, 0], True),
        ([1, 1, 0], [0.5, 0.5, 0], True),
        ([1, 1, 0], [0.25, 0.75, 0], True),
        ([1, 1, 0], [1, 1, 0], False),
        ([1, 1, 0], [0, 0, 0], False),
        ([1, 1, 0], [0.5, 0.25, 0.25], False),
        ([1, 1, 0], [2, -1, 0], False),
        ([1, 1, 1], [1, 0, 0], True),
        ([1, 1, 1], [0, 0, 1], True),
        ([1, 1, 1], [1 / 3, 1 / 3, 1 / 3], True),
        ([1, 1, 1], [1, 1, 1], False),
        ([1, 1, 1], [0, 0, 0], False),
        ([1, 1, 1], [0.5, 0.5, 0.5], False),
    ],
    ids=str,
)
def test_a_tie_of_maxima_shares_out_one_cotangent(x, found, verdict):
    assert judge(jnp.max, x, found).acceptable is verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([2, 0, 3], True),
        ([0, 5, 0], True),
        ([2, 3, 0], True),
        ([2, 5, 3], False),
        ([0, 0, 0], False),
        ([3, 0, 2], False),
    ],
    ids=str,
)
def test_overlapping_windows_share_out_each_its_own_cotangent(found, verdict):
    def pool(x):
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (2,), (1,), "VALID")

    assert judge(pool, [1, 1, 1], found, cotangent=[2, 3]).acceptable is verdict


@pytest.mark.parametrize(("found", "verdict"), [([2.0, 3.0], True), ([2.0, 3.01], False)], ids=["right", "wrong"])
def test_the_smooth_entries_beside_a_kink_must_be_right(found, verdict):
    assert judge(lambda x: jnp.maximum(x[0], 0) * 4 + 3 * x[1], [0.0, 0.5], found).acceptable is verdict


def test_where_no_neighbour_is_finite_nobody_can_tell():
    assert judge(lambda x: jnp.where(x == 0, 0.0, jnp.nan) * x, [0.0], [0.0]).acceptable is None


def test_at_a_smooth_point_nothing_but_the_gradient_is_accepted():
    right = judge(jnp.sin, [0.5], [np.cos(0.5)])
    assert right.acceptable is True
    assert not right.kinked.any()
    assert judge(jnp.sin, [0.5], [np.cos(0.5) + 1e-3]).acceptable is False


@pytest.mark.parametrize(
    ("found", "verdict"),
    [(([1.0], [0.0]), True), (([0.5], [0.5]), True), (([1.0], [1.0]), False), (([0.0], [0.0]), False)],
    ids=["left", "even", "both", "none"],
)
def test_a_tie_between_two_arguments_shares_out_one_cotangent(found, verdict):
    x = np.asarray([0.5])
    witness = AutodiffWitness(problem.make(jnp.maximum, (x.astype(np.float32), x.astype(np.float32))))
    point = ((x, x), (), (np.ones(1),))
    gradients = tuple(np.asarray(g) for g in found)
    rounding = (np.full(1, 1e-9),) * 2
    judgement = kinks.judge(witness, point, 0, gradients, rounding, [(0,)], np.random.default_rng(0))
    assert judgement.acceptable is verdict
