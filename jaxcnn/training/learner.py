"""What is trained by one update: a network, with its plan and its optimiser."""

from dataclasses import dataclass
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import optax

from jaxcnn._types import Array, Parameters
from jaxcnn.fast import Plan, logits, loss_and_gradients, weighted_cross_entropy_fwd


class Learner(Protocol):
    """One network or several that are trained side by side; hashable, to be a static argument of `jax.jit`.

    `models` is the shape of what there is one of per model: () for one network, (M,) for M.
    """

    @property
    def batch_minor(self) -> bool:
        """Whether inputs are (C, H, W, N) and (F, N), or batch first."""

    @property
    def models(self) -> tuple[int, ...]:
        """The shape of what there is one of per model."""

    def init(self, params: Any) -> Any:
        """Return the optimiser's state."""

    def gradients(self, params: Any, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array, Any]:
        """Return the weighted loss of each model, how many examples it has right, int32, and all gradients."""

    def updated(self, gradients: Any, state: Any, params: Any) -> tuple[Any, Any]:
        """Return the parameters and the optimiser's state after an update."""

    def counts(self, params: Any, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
        """Return the weighted loss of each model and how many examples it has right."""


@dataclass(frozen=True)
class OneLearner:
    """One network.

    Attributes:
        plan: how it is computed.
        optimizer: of Optax.
    """

    plan: Plan
    optimizer: optax.GradientTransformation
    models: tuple[int, ...] = ()

    @property
    def batch_minor(self) -> bool:
        """Whether inputs are batch-minor."""
        return self.plan.batch_minor

    def init(self, params: Parameters) -> Any:
        """Return the optimiser's state."""
        return self.optimizer.init(params)

    def gradients(
        self, params: Parameters, inputs: Array, labels: Array, weights: Array
    ) -> tuple[Array, Array, Parameters]:
        """Return the weighted loss, how many examples are right, and the gradients."""
        loss, values, gradients = loss_and_gradients(self.plan, params, inputs, labels, weights)
        return loss, _right(values, labels, weights), gradients

    def updated(self, gradients: Parameters, state: Any, params: Parameters) -> tuple[Parameters, Any]:
        """Return the parameters and the optimiser's state after an update."""
        # Optax's Adam raises a float to an integer power, which fails where the caller has made promotion strict.
        with jax.numpy_dtype_promotion("standard"):
            updates, state = self.optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    def counts(self, params: Parameters, inputs: Array, labels: Array, weights: Array) -> tuple[Array, Array]:
        """Return the weighted loss and how many examples are right."""
        values = logits(self.plan, params, inputs)
        loss, _ = weighted_cross_entropy_fwd(values, labels, weights)
        return loss, _right(values, labels, weights)


def _right(values: Array, labels: Array, weights: Array) -> Array:
    """Return how many of the examples that count have their largest logit at their label."""
    return jnp.sum((jnp.argmax(values, axis=0) == labels) & (weights > 0), dtype=jnp.int32)
