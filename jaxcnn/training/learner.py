"""What is trained by one update: a network, with its plan and its optimiser."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import optax

from jaxcnn._types import Array, Key, Parameters
from jaxcnn.fast import (
    Plan,
    batch_minor,
    factors,
    logits,
    loss_and_gradients,
    weighted_cross_entropy_fwd,
    with_dropout,
)

_UNUSED = optax.identity()  # one for all, so that what holds it is equal


class Learner(Protocol):
    """One network or several that are trained side by side; hashable, to be a static argument of `jax.jit`.

    Inputs are batch first. `models` is the shape of what there is one of per model: () for one network, (M,) for M.
    """

    @property
    def models(self) -> tuple[int, ...]:
        """The shape of what there is one of per model."""

    def init(self, params: Any) -> Any:
        """Return the optimiser's state."""

    def gradients(
        self, params: Any, inputs: Array, labels: Array, weights: Array, keys: Key | None = None
    ) -> tuple[Array, Array, Any]:
        """Return the weighted loss of each model, how many examples it has right, int32, and all gradients.

        `keys` are one random key per example, for dropout; None for none.
        """

    def updated(self, gradients: Any, state: Any, params: Any) -> tuple[Any, Any]:
        """Return the parameters and the optimiser's state after an update."""

    def counts(self, params: Any, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
        """Return the weighted loss of each model and how many examples it has right."""

    def evaluated(self) -> "Learner":
        """Return what counts as this does, without what only training needs: equal for runs that differ in that."""


@dataclass(frozen=True)
class OneLearner:
    """One network.

    Attributes:
        plan: how it is computed.
        optimizer: of Optax.
        dropout: the share of what dense layers read that is left out in training.
        smoothing: of the labels, in training.
    """

    plan: Plan
    optimizer: optax.GradientTransformation
    smoothing: float = 0.0
    models: tuple[int, ...] = ()
    dropout: float = 0.0

    def init(self, params: Parameters) -> Any:
        """Return the optimiser's state."""
        return self.optimizer.init(params)

    def gradients(
        self, params: Parameters, inputs: Array, labels: Array, weights: Array, keys: Key | None = None
    ) -> tuple[Array, Array, Parameters]:
        """Return the weighted loss, how many examples are right, and the gradients."""
        plan, given = self.plan, params
        if self.dropout and keys is not None:
            plan = with_dropout(plan)
            given = params | factors(plan, params, self.dropout, keys)
        loss, values, gradients = loss_and_gradients(
            plan, given, self._inputs(inputs), labels, weights, smoothing=self.smoothing
        )
        return loss, _right(values, labels, weights, plan.classes), {name: gradients[name] for name in params}

    def updated(self, gradients: Parameters, state: Any, params: Parameters) -> tuple[Parameters, Any]:
        """Return the parameters and the optimiser's state after an update."""
        # Optax's Adam raises a float to an integer power, which fails where the caller has made promotion strict.
        with jax.numpy_dtype_promotion("standard"):
            updates, state = self.optimizer.update(gradients, state, params)
        return optax.apply_updates(params, _after(gradients, updates)), state

    def counts(self, params: Parameters, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
        """Return the weighted loss and how many examples are right."""
        values = logits(self.plan, params, self._inputs(inputs))
        loss, _ = weighted_cross_entropy_fwd(values, labels, weights, classes=self.plan.classes)
        return loss, _right(values, labels, weights, self.plan.classes)

    def evaluated(self) -> "OneLearner":
        """Return what counts as this does, without its optimiser, its dropout and its smoothing."""
        return replace(self, optimizer=_UNUSED, smoothing=0.0, dropout=0.0)

    def _inputs(self, inputs: Array) -> Array:
        return batch_minor(inputs) if self.plan.minor_inputs else inputs


def _after(gradients: Any, updates: Any) -> Any:
    """Return the updates, which now cannot be made before all gradients are there.

    Until then the parameters are read. What could be made sooner XLA does not write in their place but copies all of
    them first, in every update: 8 % of the time of `conv-as-matrix`, 15 % of `depth-5`.
    """
    firsts = [gradient.reshape(-1)[0] for gradient in jax.tree.leaves(gradients) if gradient.size]
    # Each is 0, for a NaN as well, and no pass of XLA's knows it; a test looks at what XLA makes of it.
    zeros = (jnp.fmin(jnp.abs(first), 0).astype(jnp.float32) for first in firsts)
    one = jnp.asarray(1 + sum(zeros))
    return jax.tree.map(lambda update: update * one.astype(update.dtype), updates)


def _right(values: Array, labels: Array, weights: Array, classes: int) -> Array:
    """Return how many of the examples that count have their largest logit at their label."""
    return jnp.sum((jnp.argmax(values, axis=classes) == labels) & (weights > 0), dtype=jnp.int32)


@dataclass(frozen=True)
class StackLearner:
    """Several networks, in stacks of equal shapes, that see the same batches.

    Parameters are one tree per stack, with an axis of its models in front of every array.

    Attributes:
        plans: of each stack, to be run under `jax.vmap`.
        rates: of each stack, the learning rate of each model.
        optimizer: of Optax, for a learning rate of 1, to which the updates of all of ours are proportional.
        smoothing: of the labels, in training.
    """

    plans: tuple[Plan, ...]
    rates: tuple[tuple[float, ...], ...]
    optimizer: optax.GradientTransformation
    smoothing: float = 0.0

    @property
    def models(self) -> tuple[int, ...]:
        """The number of models."""
        return (sum(map(len, self.rates)),)

    def init(self, params: tuple[Parameters, ...]) -> Any:
        """Return the optimiser's states and the learning rates."""
        moments = tuple(jax.vmap(self.optimizer.init)(stack) for stack in params)
        return moments, tuple(jnp.asarray(rates, jnp.float32) for rates in self.rates)

    def gradients(
        self, params: Any, inputs: Array, labels: Array, weights: Array, keys: Key | None = None
    ) -> tuple[Array, Array, Any]:
        """Return the weighted loss of each model, how many examples it has right, and all gradients."""

        def one(plan: Plan, own: Parameters) -> Any:
            return OneLearner(plan, self.optimizer, self.smoothing).gradients(own, inputs, labels, weights, keys)

        found = [jax.vmap(partial(one, plan))(stack) for plan, stack in zip(self.plans, params, strict=True)]
        losses, right, gradients = zip(*found, strict=True)
        return jnp.concatenate(losses), jnp.concatenate(right), tuple(gradients)

    def updated(self, gradients: Any, state: Any, params: Any) -> tuple[Any, Any]:
        """Return the parameters and the optimiser's state after an update."""

        def one(gradient: Parameters, moments: Any, own: Parameters, rate: Array) -> tuple[Parameters, Any]:
            with jax.numpy_dtype_promotion("standard"):
                updates, moments = self.optimizer.update(gradient, moments, own)
            return optax.apply_updates(own, jax.tree.map(lambda update: rate * update, updates)), moments

        found = [jax.vmap(one)(*each) for each in zip(gradients, state[0], params, state[1], strict=True)]
        return tuple(own for own, _ in found), (tuple(moments for _, moments in found), state[1])

    def counts(self, params: Any, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
        """Return the weighted loss of each model and how many examples it has right."""

        def one(plan: Plan, own: Parameters) -> tuple[Array, Array]:
            return OneLearner(plan, self.optimizer).counts(own, inputs, labels, weights)

        found = [jax.vmap(partial(one, plan))(stack) for plan, stack in zip(self.plans, params, strict=True)]
        losses, right = zip(*found, strict=True)
        return jnp.concatenate(losses), jnp.concatenate(right)

    def evaluated(self) -> "StackLearner":
        """Return what counts as this does, without its optimiser and rates."""
        return replace(self, optimizer=_UNUSED, rates=tuple((1.0,) * len(rates) for rates in self.rates))
