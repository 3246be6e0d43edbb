"""Keras on JAX, as its user has it: the tests' own strictness would refuse its promotions."""

import os
import warnings

os.environ["KERAS_BACKEND"] = "jax"

import jax
import pytest


@pytest.fixture(autouse=True)
def as_a_user_has_it():
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
