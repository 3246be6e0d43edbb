"""Bounds on integer programs: never exceeded, and refused with a reason where there is none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import lax

from verify import magnitude

TOP = 4


def conv(x, w):
    image = lax.conv_general_dilated(
        x.reshape(1, 2, 3, 1), w.reshape(2, 3, 1, 1), (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    return image.reshape(2, 3)


def pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (1, 1), "SAME")


# Two arrays of shape (2, 3) to one: whatever is composed of them has a bound.
STEPS = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "square": lambda x, y: jnp.square(x),
    "cube": lambda x, y: y**3,
    "negative": lambda x, y: -x,
    "absolute": lambda x, y: jnp.abs(y),
    "maximum": jnp.maximum,
    "clip": lambda x, y: jnp.clip(x, -2, 3),
    "where": lambda x, y: jnp.where(x > y, x, 2 * y),
    "dot": lambda x, y: (x @ y.T) @ x,
    "conv": conv,
    "max pool": lambda x, y: pool(x),
    "sum of a row": lambda x, y: jnp.broadcast_to(jnp.sum(x, axis=1, keepdims=True), (2, 3)),
    "cumulative sum": lambda x, y: jnp.cumsum(y, axis=1),
    "maximum of all": lambda x, y: y + jnp.full((2, 3), jnp.max(x)),
    "sign": lambda x, y: jnp.sign(x),
    "flip": lambda x, y: jnp.flip(x, axis=0),
    "roll": lambda x, y: jnp.concatenate([x[:, 1:], y[:, :1]], axis=1),
    "pad": lambda x, y: jnp.pad(x, ((1, 0), (0, 1)), constant_values=5)[:2, 1:],
    "gather": lambda x, y: x[:, jnp.asarray([2, 0, 0])],
    "scatter": lambda x, y: x.at[:, jnp.asarray([1, 1, 0])].add(y),
    "inner jit": lambda x, y: jax.jit(lambda a: 3 * a - 1)(x),
}


def bound(function, *arrays, top=TOP):
    jaxpr = jax.make_jaxpr(function)(*arrays)
    return magnitude.bound(jaxpr, (len(arrays), 0, 0), top, ())


@given(names=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_no_evaluation_on_integers_exceeds_the_bound(names, seed):
    def program(x, y):
        for name in names:
            x, y = STEPS[name](x, y), x
        return x

    rng = np.random.default_rng(seed)
    arrays = [rng.integers(-TOP, TOP + 1, (2, 3)) for _ in range(2)]
    if seed % 3 == 0:
        arrays = [np.full((2, 3), TOP * sign) for sign in (1, -1)]
    found = bound(program, *(a.astype(np.float32) for a in arrays))
    assert isinstance(found, magnitude.Bound)
    with jax.enable_x64(True):
        value = np.asarray(program(*(jnp.asarray(a, jnp.float64) for a in arrays)))
    np.testing.assert_array_equal(value, np.round(value))
    assert np.abs(value).max() <= found.largest


@pytest.mark.parametrize(
    ("function", "largest", "degree"),
    [
        (lambda x: x, 0, 1),
        (lambda x: 3 * x, 12, 1),
        (lambda x: x * x, 16, 2),
        (lambda x: x**3, 64, 3),
        (lambda x: x @ x.T, 48, 2),
        (jnp.sum, 24, 1),
        (lambda x: jnp.where(x > 0, x, 0), 4, 1),
        (jnp.sign, 1, 0),
    ],
    ids=["identity", "triple", "square", "cube", "gram", "sum", "relu", "sign"],
)
def test_the_bound_and_the_degree_are_those_of_the_polynomial(function, largest, degree):
    found = bound(function, np.ones((2, 3), np.float32))
    assert found.degree == degree
    assert found.largest == largest


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (jnp.exp, "`exp` does not map integers to integers that can be bounded"),
        (jnp.sin, "`sin` does not map integers"),
        (lambda x: 1 / x, "`div` by something that depends on the inputs"),
        (lambda x: x / 100, "`div` by up to 100"),
        (lambda x: x / 4, "`div` of something that is no multiple of the cotangents"),
        (lambda x: x.astype(jnp.int8).astype(jnp.float32), "a conversion to int8 may round"),
        (lambda x: (x.astype(jnp.int32) << 20).astype(jnp.float32), "`shift_left` does not map integers"),
        (lambda x: (x.astype(jnp.int32) ^ 3).astype(jnp.float32), "`xor` of integers is bitwise"),
        (lambda x: lax.reduce(x, np.float32(0), lambda a, b: a + 2 * b, (0,)), "`reduce` does not map integers"),
        (lambda x: 0.1 * x, r"the constant 0\.1 is not an integer"),
        (lambda x: x * jnp.asarray([1.0, 2.0, 2.5]), r"the constant 2\.5 is not an integer"),
        (lambda x: x**-2, "a negative power"),
        (lambda x: jnp.sqrt(x * x), "`sqrt` does not map integers"),
        (lambda x: lax.scan(lambda c, _: (c * c, None), x, None, length=3)[0], "`scan` does not map integers"),
    ],
    ids=[
        "exp",
        "sin",
        "quotient",
        "large divisor",
        "divided input",
        "narrow",
        "shifted",
        "bitwise",
        "reduced",
        "fraction",
        "fractions",
        "negative power",
        "root",
        "scan",
    ],
)
def test_a_program_that_may_leave_the_integers_is_refused_with_the_reason(function, reason):
    found = bound(function, np.ones(3, np.float32))
    assert isinstance(found, str)
    assert reason.replace("\\", "") in found


def test_a_division_by_a_small_count_asks_for_cotangents_that_it_divides():
    jaxpr = jax.make_jaxpr(lambda xs, ns, ws: tuple(w / 3 / 3 for w in ws))((), (), (np.ones(3, np.float32),))
    found = magnitude.bound(jaxpr, (0, 0, 1), TOP, ())
    assert found.unit % 9 == 0


def test_only_programs_without_pieces_are_polynomials():
    assert bound(lambda x: x * x + 2 * x, np.ones(3, np.float32)).polynomial
    assert not bound(lambda x: jnp.where(x == 2, 3 * x, x), np.ones(3, np.float32)).polynomial
    assert not bound(lambda x: jnp.maximum(x, 0), np.ones(3, np.float32)).polynomial


def test_what_no_result_depends_on_is_not_looked_at():
    assert isinstance(bound(lambda x: (jnp.exp(x), 2 * x)[1], np.ones(3, np.float32)), magnitude.Bound)


def test_minus_infinity_as_the_start_of_a_maximum_is_no_integer_and_no_harm():
    assert bound(pool, np.ones((2, 3), np.float32)).largest == TOP
