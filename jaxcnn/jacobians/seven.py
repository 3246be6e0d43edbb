"""The seven Jacobians of a perceptron of two layers, each by its name, for one example.

    a1 = W1ᵀ x + b1        f1 = σ(a1)        a2 = W2ᵀ f1 + b2        L = -log p[label] with p = softmax(a2)

    da2/db2 [o, p]    = [o = p]              da1/db1 [o, p]    = [o = p]
    da2/dW2 [o, i, p] = f1[i] [o = p]        da1/dW1 [o, i, p] = x[i] [o = p]
    da2/df1 [o, i]    = W2[i, o]             df1/da1 [i, j]    = σ(a1[i]) σ(-a1[i]) [i = j]
    dL/da2 [o]        = p[o] - [o = label]

Kernels are stored as (inputs, outputs), so that W of a textbook, which is (outputs, inputs), is their transpose.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp

from jaxcnn._checks import check_images, check_labels, check_params
from jaxcnn._types import Array, Parameters
from jaxcnn.jacobians.jacobian import Jacobian
from jaxcnn.jacobians.loss import cross_entropy_gradients
from jaxcnn.jacobians.table import layer_jacobians
from jaxcnn.layers import Dense, Flatten, Sigmoid
from jaxcnn.network import Network
from jaxcnn.ops import cross_entropy, dense, flatten, sigmoid


class NamedJacobian(NamedTuple):
    """A Jacobian, and what it is one of.

    Attributes:
        name: such as "da2/dW2".
        formula: its entries.
        value: the closed form, (*outputs, *argument).
        function: of which it is the Jacobian, by primal ops alone.
        argument: at which.
    """

    name: str
    formula: str
    value: Array
    function: Callable[[Array], Array]
    argument: Array


def seven_jacobians(network: Network, params: Parameters, image: Any, label: Any) -> tuple[NamedJacobian, ...]:
    """Return the seven Jacobians at one example, from the loss down.

    Args:
        network: Flatten, Dense, Sigmoid, Dense, of any sizes.
        params: its parameters.
        image: one example, without the batch axis, floating point, of the dtype of the parameters.
        label: its class.

    Raises:
        TypeError: if the image is not floating point, the label no integer, or a dtype differs.
        ValueError: if the network has other layers, or shapes or values do not fit.
    """
    if tuple(type(layer) for layer in network) != (Flatten, Dense, Sigmoid, Dense):
        raise ValueError(f"`network` must be a Flatten, a Dense, a Sigmoid and a Dense; got {network!r}.")
    images = check_images("image", jnp.asarray(image)[None])
    check_params(network, params, images)
    labels = check_labels(jnp.asarray(label)[None], network.shapes(images.shape)[-1])
    (w1, b1), (w2, b2) = ((params[name]["kernel"], params[name]["bias"]) for name in ("dense_0", "dense_1"))
    _, first, squash, second = network
    x = flatten(images)
    a1 = dense(x, w1, b1)
    f1 = sigmoid(a1)
    a2 = dense(f1, w2, b2)
    below, above = layer_jacobians(first, x, w1, b1), layer_jacobians(second, f1, w2, b2)
    middle = layer_jacobians(squash, a1)["inputs"]
    by_logits = cross_entropy_gradients(a2, labels)[0]
    as_loss = _of(lambda a: cross_entropy(a[None], labels))
    by_b2 = _of(lambda b, f, w: dense(f, w, b)[0], f1, w2)
    by_w2 = _of(lambda w, f, b: dense(f, w, b)[0], f1, b2)
    by_f1 = _of(lambda f, w, b: dense(f[None], w, b)[0], w2, b2)
    by_w1 = _of(lambda w, x, b: dense(x, w, b)[0], x, b1)
    by_b1 = _of(lambda b, x, w: dense(x, w, b)[0], x, w1)
    return (
        NamedJacobian("dL/da2", "p[o] - [o = label]", by_logits, as_loss, a2[0]),
        NamedJacobian("da2/db2", "[o = p]", _own(above["bias"]), by_b2, b2),
        NamedJacobian("da2/dW2", "f1[i] [o = p]", _own(above["kernel"]), by_w2, w2),
        NamedJacobian("da2/df1", "W2[i, o]", _own(above["inputs"]), by_f1, f1[0]),
        NamedJacobian("df1/da1", "σ(a1[i]) σ(-a1[i]) [i = j]", _own(middle), _of(sigmoid), a1[0]),
        NamedJacobian("da1/dW1", "x[i] [o = p]", _own(below["kernel"]), by_w1, w1),
        NamedJacobian("da1/db1", "[o = p]", _own(below["bias"]), by_b1, b1),
    )


def _of(function: Callable[..., Array], *constants: Array) -> Callable[[Array], Array]:
    """The function of its first argument, the others in whatever precision that comes in."""

    def of_one(value: Array) -> Array:
        return function(value, *(constant.astype(value.dtype) for constant in constants))

    return of_one


def _own(jacobian: Jacobian) -> Array:
    """The Jacobian of the only example."""
    return jacobian.dense()[0]
