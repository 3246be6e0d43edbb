"""Which function gives the Jacobians of which layer: one per argument that has a derivative."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from jaxcnn._types import Array
from jaxcnn.jacobians.activation import activation_jacobians
from jaxcnn.jacobians.conv import conv_jacobians
from jaxcnn.jacobians.dense import dense_jacobians, flatten_jacobians
from jaxcnn.jacobians.jacobian import Jacobian
from jaxcnn.jacobians.pool import avg_pool_jacobians, max_pool_jacobians
from jaxcnn.jacobians.softmax import log_softmax_jacobians, softmax_jacobians
from jaxcnn.layers import Layer

# By op. Each takes what the op takes; the keys of its result are "inputs" and the names of the parameters.
JACOBIANS: Mapping[str, Callable[..., dict[str, Jacobian]]] = MappingProxyType(
    {
        "conv": conv_jacobians,
        "max_pool": max_pool_jacobians,
        "avg_pool": avg_pool_jacobians,
        "relu": partial(activation_jacobians, "relu"),
        "tanh": partial(activation_jacobians, "tanh"),
        "sigmoid": partial(activation_jacobians, "sigmoid"),
        "lecun_tanh": partial(activation_jacobians, "lecun_tanh"),
        "flatten": flatten_jacobians,
        "dense": dense_jacobians,
        "softmax": softmax_jacobians,
        "log_softmax": log_softmax_jacobians,
    }
)


def layer_jacobians(layer: Layer, inputs: Array, *parameters: Array) -> dict[str, Jacobian]:
    """Return the Jacobians of a layer at `inputs` (batch first) and its parameters, by argument.

    Args:
        layer: the layer.
        inputs: (N, ...).
        *parameters: in the order in which the layer's op takes them.

    Returns:
        {"inputs": ..., "kernel": ..., "bias": ...}, of which a layer without parameters has the first alone.

    Raises:
        ValueError: if the shapes do not fit together.
    """
    return JACOBIANS[layer.op](inputs, *parameters, **layer.options())
