"""Random orders: every example once, every order as likely as any other, another for every key."""

import functools
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.training.shuffling import MOST, shuffled

KEYS, FEW = 6000, 3


@pytest.mark.parametrize("examples", [1, 2, 3, 64, 65, 1000, MOST, MOST + 1])
def test_every_example_comes_once(examples):
    found = shuffled(jax.random.key(0), examples)
    assert found.dtype == jnp.int32
    np.testing.assert_array_equal(np.sort(found), np.arange(examples))


def test_another_key_gives_another_order_and_the_same_key_the_same():
    first, again, other = (shuffled(jax.random.key(seed), 100) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@functools.cache
def orders(shuffle):
    keys = jax.random.split(jax.random.key(0), KEYS)
    return [tuple(row) for row in np.asarray(jax.vmap(lambda key: shuffle(key, FEW))(keys)).tolist()]


def uneven(shuffle):
    """Return the orders of three that come too often or too seldom, of 6,000 that are drawn.

    A count has the mean 1,000 and the standard deviation sqrt(6000 (1/6) (5/6)) = 29; five of them are allowed.
    """
    found, share = orders(shuffle), 1 / math.factorial(FEW)
    room = 5 * math.sqrt(KEYS * share * (1 - share))
    return [one for one in itertools.permutations(range(FEW)) if abs(found.count(one) - KEYS * share) > room]


def test_all_orders_are_equally_likely():
    assert uneven(shuffled) == []


def rotated(key, examples):
    return (jnp.arange(examples) + jax.random.randint(key, (), 0, examples)) % examples


def seldom_reversed(key, examples):
    """Two bits of chance are left, and ties keep the order of the places."""
    chance = jax.random.bits(key, (examples,), jnp.uint32) >> 30
    return jnp.argsort(chance)


@pytest.mark.parametrize("wrong", [rotated, seldom_reversed])
def test_a_wrong_shuffle_is_noticed(wrong):
    assert uneven(wrong) != []
