"""How an update is made of gradients: in place, and of nothing but them."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxcnn.datasets import load, per_class
from jaxcnn.training import TrainConfig, Training, learner, steps
from jaxcnn.zoo import ZOO

SMALL = ZOO["depth-5-relu"].network  # four of its kernels are (32, 32); that of the first layer is not read backwards


def copies():
    """Return how many kernels of (32, 32) the compiled loop of updates copies."""
    made = Training(SMALL, TrainConfig(batch_size=24), per_class(load("digits", "train"), 2))
    programs, step = made.run.programs, made.run.step
    state = programs.place(made.fresh())
    order = programs.order(state)

    def advance(*arguments):
        return steps.advance(step, *arguments)

    lowered = jax.jit(advance, donate_argnums=0).lower(state, *made.run.train, order, jnp.asarray(2, jnp.int32))
    return len(re.findall(r"= f32\[32,32\]\S* copy\(", lowered.compile().as_text()))


def test_parameters_are_updated_in_place():
    assert copies() == 0


def test_without_waiting_for_all_gradients_they_are_copied(monkeypatch):
    monkeypatch.setattr(learner, "_after", lambda gradients, updates: updates)
    assert copies() > 0


def test_a_nan_that_the_optimiser_takes_away_spoils_no_update():
    one = learner.OneLearner(None, optax.chain(optax.zero_nans(), optax.sgd(0.5)))
    params = {"layer": {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2), "none": jnp.ones(0)}}
    gradients = jax.tree.map(jnp.ones_like, params)
    gradients["layer"]["kernel"] = gradients["layer"]["kernel"].at[0, 0].set(jnp.nan)
    updated, _ = one.updated(gradients, one.init(params), params)
    np.testing.assert_array_equal(updated["layer"]["kernel"], [[1.0, 0.5], [0.5, 0.5]])
    np.testing.assert_array_equal(updated["layer"]["bias"], 0.5)
