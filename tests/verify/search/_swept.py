"""A rule that is wrong at one of thirty values of its option, for sweeps whose processes import it by name."""

import jax
import jax.numpy as jnp
import numpy as np

import verify

WRONG = 17


def make(factor):
    @jax.custom_vjp
    def scaled(x):
        return factor * jnp.sin(x)

    def backward(x, g):
        return ((-1 if factor == WRONG else 1) * factor * g * jnp.cos(x),)

    scaled.defvjp(lambda x: (scaled(x), x), backward)
    return scaled


domain = verify.configurations(make, factor=range(1, 31), args=(np.linspace(0.1, 1.0, 2, dtype=np.float32),))
number = 1
