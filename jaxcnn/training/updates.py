"""The updates of the assignments, by hand: SGD, momentum and RMSProp, in the form of Optax's transformations.

With gradient g, learning rate η and parameters θ, the update u is added to θ:

    SGD         u = -η g
    momentum    m <- μ m + g              u = -η m                 m = 0 before the first update
    RMSProp     v <- ρ v + (1 - ρ) g²     u = -η g / sqrt(v + ε)   v = 0 before the first update

Conventions, which are Optax's (`optax.sgd`, `optax.rmsprop`): the momentum is not damped, (1 - μ) does not multiply g,
and the rate stands outside it; ε = 1e-8 is inside the root; v is not corrected for having begun at 0, so the first
update is η / sqrt(1 - ρ) in size, 3.2 η for ρ = 0.9. Others put ε outside the root (PyTorch) or begin with v = 1.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from jaxcnn._types import Array

EPSILON = 1e-8

Rate = float | Callable[[Array], Array]  # a schedule takes the number of updates before


class Moments(NamedTuple):
    """What is kept between two updates: how many there were, and m or v, like the parameters."""

    updates: Array
    moment: Any


def sgd_by_hand(rate: Rate) -> optax.GradientTransformation:
    """Return u = -η g."""
    return _transformation(lambda _, gradient: gradient, lambda gradient, _: gradient, rate)


def momentum_by_hand(rate: Rate, momentum: float = 0.9) -> optax.GradientTransformation:
    """Return u = -η m with m <- μ m + g."""
    return _transformation(lambda m, gradient: momentum * m + gradient, lambda m, _: m, rate)


def rmsprop_by_hand(rate: Rate, decay: float = 0.9) -> optax.GradientTransformation:
    """Return u = -η g / sqrt(v + ε) with v <- ρ v + (1 - ρ) g²."""
    return _transformation(
        lambda v, gradient: decay * v + (1 - decay) * gradient * gradient,
        lambda v, gradient: gradient / jnp.sqrt(v + EPSILON),
        rate,
    )


def _transformation(
    moment: Callable[[Array, Array], Array], direction: Callable[[Array, Array], Array], rate: Rate
) -> optax.GradientTransformation:
    """Return the transformation that keeps `moment(before, g)` and takes `-η direction(moment, g)` as its update."""

    def init(params: Any) -> Moments:
        return Moments(jnp.zeros((), jnp.int32), jax.tree.map(jnp.zeros_like, params))

    def update(gradients: Any, state: Moments, params: Any = None) -> tuple[Any, Moments]:
        del params
        step = rate(state.updates) if callable(rate) else rate
        moments = jax.tree.map(moment, state.moment, gradients)
        updates = jax.tree.map(lambda m, gradient: -step * direction(m, gradient), moments, gradients)
        return updates, Moments(state.updates + 1, moments)

    return optax.GradientTransformation(init, update)
