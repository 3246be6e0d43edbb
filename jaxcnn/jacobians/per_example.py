"""The gradient of every example's own loss, materialised or in factors.

With rows R_L = dl / dx_L, one per example, the chain of `linearised` gives dl[n] / d theta = R_l[n] T_l[n] for all
examples at once: for a dense kernel x[n] delta[n]ᵀ, a product of two vectors, whose norm and whose sum over the
examples are known without its ever being written.
"""

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from jaxcnn._checks import check_images, check_labels
from jaxcnn._types import Array, Parameters
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.jacobians.linearised import linearised
from jaxcnn.jacobians.loss import cross_entropy_gradients
from jaxcnn.network import Network


@factors
@dataclass(frozen=True)
class FactoredGradients:
    """The gradients of N examples by one parameter, as rows times a Jacobian; a pytree.

    Attributes:
        jacobian: T, of the layer by the parameter.
        rows: R, (N, 1, *O), the gradient of each example's loss by the layer's outputs.
    """

    jacobian: Jacobian
    rows: Array

    def dense(self) -> Array:
        """Return the gradients, (N, *theta)."""
        return self.jacobian.pull(self.rows)[:, 0]

    def squared_norms(self) -> Array:
        """Return the squared Euclidean norm of every example's gradient, (N,)."""
        return self.jacobian.squared_norms(self.rows)[:, 0]

    def weighted_sum(self, weights: Array) -> Array:
        """Return sum_n weights[n] gradient[n], of the shape of the parameter; ones / N give the mean's gradient."""
        return self.jacobian.pull_total(self.rows * weights.reshape(-1, *[1] * (self.rows.ndim - 1)))[0]


def per_example_gradients(network: Network, params: Parameters, images: Any, labels: Any) -> Parameters:
    """Return the gradient of every example's cross-entropy, (N, *theta), in the structure of the parameters.

    Args:
        network: the network; a softmax in the last place is fused with the loss.
        params: its parameters.
        images: (N, ...), floating point, of the dtype of the parameters.
        labels: classes (N,), or rows (N, classes), one-hot or soft.

    Raises:
        TypeError: if images are not floating point, labels are neither classes nor rows, or dtypes differ.
        ValueError: if shapes or names do not fit, the batch is empty, an image holds NaN, or a label names no class.
    """
    found = factored_gradients(network, params, images, labels)
    return {name: {part: one.dense() for part, one in layer.items()} for name, layer in found.items()}


def factored_gradients(
    network: Network, params: Parameters, images: Any, labels: Any
) -> dict[str, dict[str, FactoredGradients]]:
    """Return the same in factors; arguments as for `per_example_gradients`."""
    images, to_logits = check_images("images", images), network.without_softmax()
    labels = check_labels(labels, to_logits.shapes(images.shape)[-1])
    at = linearised(to_logits, params, images)
    rows = cross_entropy_gradients(at.outputs, labels)[:, None]
    found = at.parameter_factors(rows)
    return {name: {part: FactoredGradients(*pair) for part, pair in layer.items()} for name, layer in found.items()}


def squared_norms(gradients: dict[str, dict[str, FactoredGradients]]) -> Array:
    """Return the squared norm of every example's whole gradient, (N,): what clipping by example needs."""
    parts = [one.squared_norms() for layer in gradients.values() for one in layer.values()]
    return jnp.sum(jnp.stack(parts), axis=0)
