"""The tolerance rejects a wrong entry, accepts a right one, and does not care how many entries there are."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from verify import _precision, compare, tolerance

DTYPES = [jnp.bfloat16, np.float16, np.float32, np.float64]


def bound(dtype, expected, length=1, spread=0.0):
    expected = np.asarray(expected, np.float64)
    return tolerance.bound(dtype, expected, np.full(expected.shape, spread), length)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
def test_an_entry_wrong_by_64_tolerances_is_rejected_and_the_rounded_one_accepted(dtype):
    exact = np.random.default_rng(0).standard_normal(1000)
    allowed = bound(dtype, exact)
    rounded = exact.astype(dtype).astype(np.float64)
    assert compare.worst(rounded, exact, allowed).holds
    for position in (0, 500, 999):
        wrong = rounded.copy()
        wrong[position] += 64 * allowed[position]
        entry = compare.worst(wrong, exact, allowed)
        assert not entry.holds
        assert entry.index == (position,)


@pytest.mark.parametrize("length", [4, 256, 4096])
@pytest.mark.parametrize("dtype", [np.float16, np.float32], ids=["float16", "float32"])
def test_a_sum_added_up_one_by_one_in_the_dtype_is_accepted(length, dtype):
    rng = np.random.default_rng(length)
    terms = rng.uniform(-1, 1, (64, length)).astype(dtype)
    running = np.zeros(64, dtype)
    for column in terms.T:
        running = running + column
    exact = terms.astype(np.float64).sum(axis=1)
    spread = _precision.unit_roundoff(dtype) * np.abs(terms.astype(np.float64)).sum(axis=1)
    assert compare.worst(running, exact, tolerance.bound(dtype, exact, spread, length)).holds
    doubled = exact + terms[:, 0].astype(np.float64)
    assert not compare.worst(doubled, exact, tolerance.bound(np.float32, exact, spread * 0, length)).holds


@pytest.mark.parametrize("entries", [10, 1000, 100_000])
def test_the_tolerance_of_an_entry_is_the_same_in_an_array_of_any_size(entries):
    np.testing.assert_array_equal(bound(np.float32, np.ones(entries), 9), bound(np.float32, 1.0, 9))


@pytest.mark.parametrize("batch", [1, 8, 64])
def test_the_longest_sum_of_a_layer_does_not_grow_with_its_batch(batch):
    jaxpr = jax.make_jaxpr(lambda x, w: x @ w)(jnp.ones((batch, 5)), jnp.ones((5, 3)))
    assert tolerance.longest_sum(jaxpr) == 5


@pytest.mark.parametrize("factor", [4, 100])
def test_the_tolerance_grows_with_the_square_root_of_the_length_of_the_sum(factor):
    assert bound(np.float64, 1.0, factor) / bound(np.float64, 1.0, 1) == pytest.approx(factor**0.5)


def test_the_tolerance_shrinks_with_the_dtype_and_never_below_its_smallest_normal_number():
    assert bound(np.float64, 1.0) < 1e-14 < bound(np.float32, 1.0) < 1e-6 < bound(jnp.bfloat16, 1.0) < 0.04
    assert bound(np.float32, 0.0) == _precision.smallest_normal(np.float32)


def spread(function, x, dtype):
    points = tolerance.jittered([np.asarray(x, np.float64)], dtype, np.random.default_rng(0))
    copies = np.asarray([[function(v) for v in point] for (point,) in points])
    return tolerance.spread(np.asarray([function(v) for v in x]), copies, dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: np.dtype(dtype).name)
@pytest.mark.parametrize(
    ("function", "moves"),
    [
        (lambda x: x, lambda x: abs(x)),
        (lambda x: x - 0.999, lambda x: abs(x)),
        (lambda x: 1e3 * (x - 1) ** 3 + x, lambda x: abs(x * (3e3 * (x - 1) ** 2 + 1))),
    ],
    ids=["identity", "cancelling difference", "ill-conditioned polynomial"],
)
def test_the_spread_of_a_smooth_function_is_its_condition_times_one_rounding(function, moves, dtype):
    x = np.asarray([1.5, -2.0])
    u = _precision.unit_roundoff(dtype)
    found = spread(function, x, dtype)
    np.testing.assert_allclose(found, u * np.asarray([moves(v) for v in x]), rtol=0.2 if u > 1e-4 else 1e-2)


@pytest.mark.parametrize(
    "function",
    [lambda x: float(x > 1), lambda x: np.sign(x - 1), lambda x: 5.0 if x == 1 else 0.0],
    ids=["step", "sign", "single point"],
)
def test_the_spread_is_zero_at_a_jump(function):
    assert spread(function, [1.0], np.float32)[0] == 0


def test_a_jittered_copy_that_left_the_domain_does_not_count():
    with np.errstate(invalid="ignore"):
        found = spread(lambda x: np.sqrt(1 - x), [1.0 - 2.0**-25], np.float32)
    assert np.isfinite(found).all()


def test_jitter_leaves_zeros_and_moves_everything_else_by_one_rounding():
    x = np.asarray([0.0, 1.0, -2.0])
    for index, (copy,) in enumerate(tolerance.jittered([x], np.float32, np.random.default_rng(0))):
        moved = 2.0**-24 / (16 if index % 2 else 1)
        np.testing.assert_array_equal(np.abs(copy - x), moved * np.abs(x))


def conv(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def scanned(x):
    return jax.lax.scan(lambda c, row: (c + row, None), jnp.zeros(3), x)[0]


@pytest.mark.parametrize(
    ("function", "shapes", "length"),
    [
        (jnp.sin, [(7,)], 1),
        (lambda x: x + x, [(7,)], 1),
        (jnp.matmul, [(2, 5), (5, 3)], 5),
        (functools.partial(jnp.einsum, "bij,bjk->bik"), [(2, 3, 5), (2, 5, 4)], 5),
        (conv, [(1, 6, 6, 2), (3, 2, 2, 4)], 3 * 2 * 2),
        (lambda x: jnp.sum(x, axis=0), [(5, 3)], 5),
        (jnp.sum, [(5, 3)], 15),
        (lambda x: jnp.cumsum(x, axis=0), [(5, 3)], 5),
        (lambda x: jax.lax.reduce_window(x, 0.0, jax.lax.add, (2, 3), (1, 1), "VALID"), [(5, 5)], 6),
        (scanned, [(6, 3)], 6),
        (jax.jit(lambda x: jnp.sum(jnp.sin(x))), [(9,)], 9),
        (lambda x: x[jnp.asarray([0, 0, 0, 1])], [(4,)], 1),
        (jax.grad(lambda x: jnp.sum(x[jnp.asarray([0, 0, 0, 1])])), [(2,)], 4),
    ],
    ids=[
        "elementwise",
        "sum of two",
        "dot",
        "batched dot",
        "conv",
        "row sum",
        "sum",
        "cumulative",
        "window",
        "scan",
        "jit",
        "gather",
        "scatter",
    ],
)
def test_the_longest_sum_is_read_from_the_program(function, shapes, length):
    jaxpr = jax.make_jaxpr(function)(*(jnp.ones(shape) for shape in shapes))
    assert tolerance.longest_sum(jaxpr) == length
