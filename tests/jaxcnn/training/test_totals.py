"""Sums over devices are exact for counts, and one message where processes could take two for each other."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.training import TrainConfig, Training
from jaxcnn.training.counting import count
from jaxcnn.training.division import Batches
from jaxcnn.training.steps import advance
from jaxcnn.training.totals import AXIS, over_devices
from tests.jaxcnn.training._small import NETWORK, data


@pytest.mark.parametrize("processes", [1, 2])
def test_they_are_the_sums_of_each_leaf_and_counts_beyond_float32_are_exact(processes):
    counts = np.array([[2**24 + 1, 5, 0], [2**29 + 3, 7, 4095], [1, 2**24 - 1, 4097], [2**30 - 1, 0, 1]], np.int32)
    shares = np.arange(24, dtype=np.float32).reshape(4, 3, 2) / 8
    batches = Batches(examples=64, size=64, devices=4, micro=16, processes=processes)
    found = jax.vmap(partial(over_devices, batches), axis_name=AXIS)({"n": counts, "g": (shares, shares[:, 0, 0])})
    expected = {"n": counts.sum(axis=0), "g": (shares.sum(axis=0), shares[:, 0, 0].sum())}
    jax.tree.map(
        lambda one, sums: np.testing.assert_array_equal(one, np.broadcast_to(sums, one.shape)), found, expected
    )
    assert found["n"].dtype == np.int32
    assert found["g"][0].dtype == np.float32


def sums(function, step, *arguments):
    """Return how many arrays each sum over devices in a program adds up."""
    program = jax.make_jaxpr(partial(function, step), axis_env=[(AXIS, 4)])(*arguments)
    return [len(equation.invars) for equation in equations(program.jaxpr) if equation.primitive.name.startswith("psum")]


def equations(jaxpr):
    for equation in jaxpr.eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda one: hasattr(one, "eqns")):
            if hasattr(inner, "eqns"):
                yield from equations(inner)


# Gloo would add a loss of one process to a count of another: of two sums, XLA may begin either first.
@pytest.mark.parametrize(("processes", "expected"), [(1, 8), (2, 1)])  # loss, count and six gradients, or all in one
def test_several_processes_add_up_one_array_an_update_and_one_a_split(processes, expected):
    training = Training(NETWORK, TrainConfig(batch_size=16), data(50))
    step = training.run.step
    batches = dataclasses.replace(step.batches, devices=4, processes=processes)
    step, state = dataclasses.replace(step, batches=batches), training.fresh()
    pixels, labels = training.run.train
    update = sums(advance, step, state, pixels, labels, jnp.arange(50), jnp.asarray(1, jnp.int32))
    split = sums(count, step, state.params, pixels, labels)
    assert (sum(update), sum(split)) == (expected, min(expected, 2))
