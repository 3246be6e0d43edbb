"""Optax's optimisers by name, with a schedule of the learning rate and weight decay."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import optax

from jaxcnn.training.updates import momentum_by_hand, rmsprop_by_hand, sgd_by_hand


@dataclass(frozen=True)
class Recipe:
    """What an optimiser is made of, but for its learning rate.

    Attributes:
        name: a key of `OPTIMIZERS`.
        momentum: of "momentum", also by hand.
        decay: of "rmsprop", rho, also by hand.
        weight_decay: times the parameters is added to the gradient (L2), or to the update by "adamw".
        schedule: a key of `SCHEDULES`.
        updates: of the whole run, for the schedule.
    """

    name: str
    momentum: float
    decay: float
    weight_decay: float
    schedule: str
    updates: int


# The assignments' vanilla SGD, momentum and RMSProp, Adam, and the first three once more without Optax's arithmetic.
OPTIMIZERS: Mapping[str, Callable[[Recipe, Any], optax.GradientTransformation]] = MappingProxyType(
    {
        "sgd": lambda recipe, rate: optax.sgd(rate),
        "momentum": lambda recipe, rate: optax.sgd(rate, momentum=recipe.momentum),
        "rmsprop": lambda recipe, rate: optax.rmsprop(rate, decay=recipe.decay),
        "adam": lambda recipe, rate: optax.adam(rate),
        "adamw": lambda recipe, rate: optax.adamw(rate, weight_decay=recipe.weight_decay),
        "sgd-by-hand": lambda recipe, rate: sgd_by_hand(rate),
        "momentum-by-hand": lambda recipe, rate: momentum_by_hand(rate, recipe.momentum),
        "rmsprop-by-hand": lambda recipe, rate: rmsprop_by_hand(rate, recipe.decay),
    }
)

# What multiplies the learning rate in the course of a run of so many updates.
SCHEDULES: Mapping[str, Callable[[int], optax.Schedule]] = MappingProxyType(
    {
        "constant": lambda updates: optax.constant_schedule(1.0),
        "cosine": lambda updates: optax.cosine_decay_schedule(1.0, updates),
        "linear": lambda updates: optax.linear_schedule(1.0, 0.0, updates),
        "one-cycle": lambda updates: optax.cosine_onecycle_schedule(updates, 1.0),
    }
)


# Kept, so that two runs of one configuration have one optimiser, and with it one compiled program.
@functools.cache
def optimizer(recipe: Recipe, learning_rate: float) -> optax.GradientTransformation:
    """Return the optimiser."""
    factor = SCHEDULES[recipe.schedule](recipe.updates)
    constant = recipe.schedule == "constant"
    return _made(recipe, learning_rate if constant else lambda count: learning_rate * factor(count))


def _made(recipe: Recipe, rate: Any) -> optax.GradientTransformation:
    made = OPTIMIZERS[recipe.name](recipe, rate)
    if not recipe.weight_decay or recipe.name == "adamw":
        return made
    return optax.chain(optax.add_decayed_weights(recipe.weight_decay), made)
