"""Gauss-Newton products: what the Hessian of a network's loss is, but for the curvature of the network itself.

With the logits' Jacobian J by all parameters and the loss's Hessian H by the logits, of every example,

    G = 1/N sum_n J[n]ᵀ H[n] J[n],        G v = 1/N sum_n (H[n] (J[n] v)) J[n]: push, weigh, pull.

G is positive semidefinite for the cross-entropy, and the whole Hessian where the logits are linear in the parameters.

Source: Schraudolph, Fast curvature matrix-vector products for second-order gradient descent, 2002, section 3.
"""

from typing import Any

import jax

from jaxcnn._checks import check_images, check_labels
from jaxcnn._types import Parameters
from jaxcnn.jacobians.linearised import linearised
from jaxcnn.jacobians.loss import cross_entropy_hessian
from jaxcnn.network import Network


def gauss_newton_product(
    network: Network, params: Parameters, images: Any, labels: Any, vector: Parameters
) -> Parameters:
    """Return G v for the mean cross-entropy of a batch, in the structure of the parameters.

    Args:
        network: the network; a softmax in the last place is fused with the loss.
        params: its parameters.
        images: (N, ...), floating point, of the dtype of the parameters.
        labels: classes (N,), or rows (N, classes), one-hot or soft.
        vector: v, in the structure of the parameters.

    Raises:
        TypeError: if images are not floating point, labels are neither classes nor rows, or dtypes differ.
        ValueError: if shapes or names do not fit, the batch is empty, an image holds NaN, or a label names no class.
    """
    images, to_logits = check_images("images", images), network.without_softmax()
    labels = check_labels(labels, to_logits.shapes(images.shape)[-1])
    _check_vector(params, vector)
    at = linearised(to_logits, params, images)
    pushed = at.push(jax.tree.map(lambda part: part[None], vector))
    weighed = cross_entropy_hessian(at.outputs, labels).product(pushed) / images.shape[0]
    found = at.parameter_factors(weighed)
    return {
        name: {part: jacobian.pull_total(rows)[0] for part, (jacobian, rows) in layer.items()}
        for name, layer in found.items()
    }


def _check_vector(params: Parameters, vector: Parameters) -> None:
    """Check that `vector` has the structure and shapes of `params`.

    Raises:
        ValueError: if it has not.
    """
    shapes = [jax.tree.map(lambda part: tuple(part.shape), tree) for tree in (params, vector)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"`vector` must have the names and shapes of `params`, {shapes[0]}; got {shapes[1]}.")
