"""Wrong rules whose fault shows at special points or in one law: the law that fails, and what makes the report.

A name begins with the code of the fault; what follows says which of its kind it is.
"""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

import verify
from tests.verify._here import check_here
from tests.verify.diagnosis._fitted import X, Y


def ruled(primal, backward, forward=None):
    fun = jax.custom_vjp(lambda *arguments: primal(*arguments))
    fun.defvjp(forward or (lambda *a: (primal(*a), a)), lambda saved, g: backward(*saved, g))
    return fun


def at_the_example(fun, *arguments):
    return verify.check_rule(fun, *arguments, budget=1e-9)  # agreement there and nothing more


def of_sine(backward, forward=None, check=check_here):
    return lambda: check(ruled(jnp.sin, backward, forward), X)


def counted():
    calls = itertools.count()
    wrong = lambda x, g: g * np.cos(x) * (1 + 1e-3 * (next(calls) % 2))  # noqa: E731
    return verify.check_backward(np.sin, wrong, X)


def wrong_under_vmap():
    @jax.custom_batching.custom_vmap
    def cosine(x):
        return jnp.cos(x)

    @cosine.def_vmap
    def _(size, batched, x):
        return 2 * jnp.cos(x), batched[0]

    return check_here(ruled(jnp.sin, lambda x, g: (g * cosine(x),)), X)


def logged(x):
    io_callback(lambda _: None, None, x, ordered=True)  # an effect, which remat refuses in a forward pass
    return jnp.sin(x), (x,)


def tied(compare):
    backward = lambda x, y, g: (jnp.where(compare(x, y), g, 0 * g), jnp.where(compare(y, x), g, 0 * g))  # noqa: E731
    return lambda: at_the_example(ruled(jnp.maximum, backward), X, Y)


def conjugated():
    z = np.asarray([0.5 + 1j, -1.25 + 0.5j, 2 - 0.75j], np.complex64)
    return at_the_example(ruled(lambda z: z * z, lambda z, g: (2 * g * jnp.conj(z),)), z)


def conjugated_result():
    z = np.asarray([0.5 + 1j, -1.25 + 0.5j, 2 - 0.75j], np.complex64)
    return at_the_example(ruled(lambda z: z * z, lambda z, g: (jnp.conj(2 * g * z),)), z)


def softplus():
    return at_the_example(ruled(jax.nn.softplus, lambda x, g: (g * jnp.exp(x) / (1 + jnp.exp(x)),)), X)


def ratio():
    return at_the_example(ruled(lambda x: x * x, lambda x, g: (g * 2 * x**2 / x,)), X)


def narrow(x, g):
    return ((g.astype(jnp.bfloat16) * jnp.cos(x).astype(jnp.bfloat16)).astype(x.dtype),)


OBSERVED = {
    "conjugate": ("agreement", conjugated),
    "conjugate of the result": ("agreement", conjugated_result),
    "ties-duplicated": ("agreement", tied(jnp.greater_equal)),
    "overflow": ("agreement", softplus),
    "nan": ("agreement", ratio),
    "precision": ("agreement", of_sine(narrow, check=at_the_example)),
    "batch-dependent": (
        "agreement",
        of_sine(
            lambda x, g: (g * (jnp.cos(x) if x.shape == (3,) else jnp.cos(x) + x),),
            check=verify.check_rule,
        ),
    ),
    "vmap": ("vmap = loop", wrong_under_vmap),
    "remat": ("remat", of_sine(lambda x, g: (g * jnp.cos(x),), logged)),
    "second-order": ("second order", of_sine(lambda x, g: (g * jax.lax.stop_gradient(jnp.cos(x)),))),
    "state": ("repeatable", counted),
    "dtype": ("structure", of_sine(lambda x, g: ((g * jnp.cos(x)).astype(jnp.float32),))),
    "stop-gradient": ("numbers", lambda: check_here(lambda x: x * jax.lax.stop_gradient(jnp.cos(x)), X)),
    "structure": ("structure", of_sine(lambda x, g: (jnp.sum(g * jnp.cos(x)),))),
}
