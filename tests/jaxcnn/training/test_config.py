"""Configurations: what they refuse, and the optimisers that they name."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from jaxcnn.training import Augmentation, TrainConfig
from jaxcnn.training.config import INITIALIZERS
from jaxcnn.training.optimizers import OPTIMIZERS, SCHEDULES, optimizer

BAD = [
    ({"optimizer": "adagrad"}, "`optimizer` must be one of sgd, momentum, rmsprop, adam, adamw, .*; got 'adagrad'"),
    ({"schedule": "steps"}, "`schedule` must be one of constant, cosine, .*; got 'steps'"),
    ({"init": "zeros"}, "`init` must be one of lecun_normal, .*; got 'zeros'"),
    ({"learning_rate": 0.0}, "`learning_rate` must be finite, above 0; got 0.0"),
    ({"learning_rate": math.nan}, "`learning_rate` must be finite, above 0; got nan"),
    ({"momentum": 1.0}, "`momentum` must be finite, above 0 and below 1; got 1.0"),
    ({"decay": -0.1}, "`decay` must be finite, above 0 and below 1; got -0.1"),
    ({"weight_decay": -1.0}, "`weight_decay` must be at least 0; got -1.0"),
    ({"batch_size": 0}, "`batch_size` must be .*; got 0"),
    ({"epochs": 1.5}, "`epochs` must be .*; got 1.5"),
    ({"patience": 0}, "`patience` must be .*; got 0"),
    ({"dropout": 1.0}, "`dropout` must be at least 0 and below 1; got 1.0"),
    ({"dropout": -0.1}, "`dropout` must be .*; got -0.1"),
    ({"micro_batch": -1}, "`micro_batch` must be .*; got -1"),
    ({"seed": -1}, "`seed` must be a whole number from 0 to 4294967295; got -1"),
    ({"seed": 0.5}, "`seed` must be a whole number from 0 to 4294967295; got 0.5"),
    ({"seed": True}, "`seed` must be a whole number from 0 to 4294967295; got True"),
    ({"label_smoothing": 1.0}, "`label_smoothing` must be at least 0 and below 1; got 1.0"),
    ({"average": 1.0}, "`average` must be above 0 and below 1, or None; got 1.0"),
    ({"low": 1.0}, "`low` and `high` must be finite and different; got 1.0 and 1.0"),
]


@pytest.mark.parametrize(("fields", "message"), BAD, ids=[next(iter(fields)) for fields, _ in BAD])
def test_a_value_out_of_range_is_refused(fields, message):
    with pytest.raises((ValueError, TypeError), match=message):
        TrainConfig(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shift": -1.0}, "`shift` of an augmentation must be finite and at least 0; got -1.0"),
        ({"noise": math.inf}, "`noise` of an augmentation must be finite and at least 0; got inf"),
        ({"invert": 1.5}, "`invert` of an augmentation must be between 0 and 1; got 1.5"),
        ({"stroke": 2.0}, "`stroke` of an augmentation must be between 0 and 1; got 2.0"),
        ({"fade": 0.5}, "`fade` of an augmentation must be at least 0 and below 0.5; got 0.5"),
    ],
)
def test_an_augmentation_out_of_range_is_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        Augmentation(**fields)


def test_configurations_can_be_compared_and_hashed():
    assert hash(TrainConfig(epochs=2)) == hash(TrainConfig(epochs=2))
    assert TrainConfig(epochs=2) != TrainConfig(epochs=3)


GRADIENTS = np.array([[1.0, -2.0], [0.5, 4.0], [-3.0, 0.25]])
START, RATE = np.array([1.0, -1.0]), 0.1


def sgd(state, g, x):
    return state, RATE * g


def momentum(state, g, x):
    state = 0.9 * state + g
    return state, RATE * state


def rmsprop(state, g, x):
    state = 0.9 * state + 0.1 * g**2
    return state, RATE * g / np.sqrt(state + 1e-8)


def adam(state, g, x, decay=0.0):
    step, m, v = state if isinstance(state, tuple) else (0, 0.0, 0.0)
    step, m, v = step + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    return (step, m, v), RATE * (m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8) + decay * x)


def adamw(state, g, x):
    return adam(state, g, x, decay=0.01)


FORMULAS = {"sgd": sgd, "momentum": momentum, "rmsprop": rmsprop, "adam": adam, "adamw": adamw}


@pytest.mark.parametrize(
    ("name", "decay"),
    [*((name, 0.0) for name in OPTIMIZERS if name != "adamw"), ("sgd", 0.01), ("adam", 0.01), ("adamw", 0.01)],
)
def test_every_optimiser_follows_its_formula(name, decay):
    config = TrainConfig(optimizer=name, learning_rate=RATE, weight_decay=decay)
    made, x, state = optimizer(config.recipe(10), RATE), START, 0.0
    params = jnp.asarray(START, jnp.float32)
    kept = made.init(params)
    for g in GRADIENTS:
        with jax.numpy_dtype_promotion("standard"):
            updates, kept = made.update(jnp.asarray(g, jnp.float32), kept, params)
        params = params + updates
        state, change = FORMULAS[name.removesuffix("-by-hand")](state, g + (decay * x if name != "adamw" else 0.0), x)
        x = x - change
    np.testing.assert_allclose(params, x, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("constant", [1, 1, 1]), ("cosine", [1, 0.5, 0]), ("linear", [1, 0.5, 0])],
)
def test_schedules_go_from_the_learning_rate_to_nothing(name, expected):
    schedule = SCHEDULES[name](100)
    np.testing.assert_allclose([schedule(0), schedule(50), schedule(100)], expected, atol=1e-6)


def test_the_schedule_scales_the_updates():
    config = TrainConfig(optimizer="sgd", learning_rate=RATE, schedule="linear", epochs=2)
    made, gradient = optimizer(config.recipe(5), RATE), jnp.ones(())
    state, found = made.init(gradient), []
    for _ in range(10):
        with jax.numpy_dtype_promotion("standard"):
            update, state = made.update(gradient, state, gradient)
        found.append(-float(update))
    np.testing.assert_allclose(found, RATE * (1 - np.arange(10) / 10), rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "deviation"), [("lecun_normal", 1 / 20), ("he_normal", 2**0.5 / 20), ("glorot_uniform", 1 / 20)]
)
def test_initialisers_have_their_variance(name, deviation):
    kernel = INITIALIZERS[name](jax.random.key(0), (400, 400), jnp.float32)
    assert abs(float(jnp.std(kernel)) / deviation - 1) < 0.02


def test_the_labs_initialiser_is_a_tenth_whatever_the_size():
    kernel = INITIALIZERS["normal_0.1"](jax.random.key(0), (784, 64), jnp.float32)
    assert abs(float(jnp.std(kernel)) / 0.1 - 1) < 0.02
