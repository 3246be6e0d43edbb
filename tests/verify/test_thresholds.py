"""Constants that decisions depend on are read from the program."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from verify import thresholds

X = np.asarray([0.5, -1.25, 2.0], np.float32)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x > 2.5, {2.5}),
        (lambda x: x < 2.5, {2.5}),
        (lambda x: 2.5 >= x, {2.5}),
        (lambda x: x == 2.5, {2.5}),
        (lambda x: jnp.maximum(x, 2.5), {2.5}),
        (lambda x: jnp.minimum(x, -2.5), {-2.5}),
        (lambda x: jnp.clip(x, -2.5, 3.5), {-2.5, 3.5}),
        (lambda x: lax.clamp(np.float32(-2.5), x, np.float32(3.5)), {-2.5, 3.5}),
        (lambda x: jnp.where(x > 2.5, x, 4.5), {2.5, 4.5}),
        (jax.jit(lambda x: x > 2.5), {2.5}),
        (lambda x: jax.jit(lambda y, t: y > t)(x, 2.5), {2.5}),
        (lambda x: lax.cond(x[0] > 1.5, lambda y: jnp.maximum(y, 2.5), lambda y: y, x), {1.5, 2.5}),
        (lambda x: lax.scan(lambda c, _: (jnp.maximum(c, 2.5), None), x, None, length=2)[0], {2.5}),
        (lambda x: x > jnp.asarray([1.5, 2.5, 3.5]), {1.5, 2.5, 3.5}),
        (lambda x: x > -jnp.full(3, 2.5), {-2.5}),
        (jax.nn.relu6, {0.0, 6.0}),
        (lambda x: jnp.maximum(x.astype(jnp.bfloat16), jnp.asarray(2.5, jnp.bfloat16)), {2.5}),
    ],
    ids=[
        "greater",
        "less",
        "literal first",
        "equal",
        "maximum",
        "minimum",
        "clip",
        "clamp",
        "where",
        "jit",
        "argument of jit",
        "cond",
        "scan",
        "array",
        "negated",
        "relu6",
        "bfloat16",
    ],
)
def test_thresholds_are_found_in(function, expected):
    assert expected <= set(thresholds.find(jax.make_jaxpr(function)(X)))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 2.5 * x + 1.5,
        lambda x: jnp.sin(x) ** 3,
        lambda x: jnp.max(x),
        lambda x: jnp.maximum(x, -jnp.inf),
        lambda x: jnp.where(jnp.arange(3) > 1, x, x + 1),
    ],
    ids=["arithmetic", "power", "maximum of entries", "infinity", "indices"],
)
def test_constants_that_decide_nothing_are_no_thresholds(function):
    assert thresholds.find(jax.make_jaxpr(function)(X)) == ()


def test_a_long_table_of_constants_is_cut_off():
    def steps(x):
        return sum(jnp.where(x > 0.5 + k, 1.0, 0.0) for k in range(40))

    assert len(thresholds.find(jax.make_jaxpr(steps)(X))) == 16
