"""A whole network's Jacobian: the chain of its layers', multiplied from the outputs down.

With J_l = dx_l / dx_{l-1} and T_l = dx_l / d theta_l, both in factors, and R_L = I, the identity at the outputs,

    R_{l-1} = R_l J_l        dx_L / d theta_l = R_l T_l        dx_L / dx_0 = R_0

A classifier has few outputs, so that R_l has few rows, and no J_l is ever built. The rows are the same for all examples
(an axis of length 1) until the first layer whose Jacobian depends on the example.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp

from jaxcnn._checks import check_images, check_params
from jaxcnn._types import Array, Parameters, Shape
from jaxcnn.apply import arguments
from jaxcnn.jacobians.jacobian import Jacobian, factors
from jaxcnn.jacobians.table import layer_jacobians
from jaxcnn.layers import Conv, Layer
from jaxcnn.network import Network
from jaxcnn.rules import RULES


@factors
@dataclass(frozen=True)
class Linearised:
    """A network at a batch of inputs: its outputs, and the Jacobians of all layers there; a pytree.

    Attributes:
        outputs: (N, *O).
        layers: one dict per layer, first to last: the Jacobian by "inputs", and by each parameter.
        names: of the layers.
        input_shape: (N, *A), of the network's inputs.
    """

    outputs: Array
    layers: tuple[dict[str, Jacobian], ...]
    names: tuple[str, ...] = field(metadata={"static": True})
    input_shape: Shape = field(metadata={"static": True})

    def by_inputs(self) -> Array:
        """Return d outputs / d inputs of every example, (N, *O, *A)."""
        rows = self._identity
        for layer in reversed(self.layers):
            rows = layer["inputs"].pull(rows)
        return self._unfolded(rows, self.input_shape[1:])

    def by_parameters(self) -> Parameters:
        """Return d outputs / d theta of every example, (N, *O, *theta), in the structure of the parameters."""
        found: Parameters = {}
        for name, layer, rows in self._descent(self._identity):
            for parameter, jacobian in _of_parameters(layer):
                pulled = jacobian.pull(rows)
                found.setdefault(name, {})[parameter] = self._unfolded(pulled, pulled.shape[2:])
        return {name: found[name] for name in self.names if name in found}

    def pull(self, rows: Array) -> tuple[Array, Parameters]:
        """Return (R dx_L / dx_0, R dx_L / d theta) for rows R, (N, K, *O): (N, K, *A) and (N, K, *theta)."""
        by_inputs: Array = rows
        found: Parameters = {}
        for name, layer, above in self._descent(rows):
            for parameter, jacobian in _of_parameters(layer):
                found.setdefault(name, {})[parameter] = jacobian.pull(above)
            by_inputs = layer["inputs"].pull(above)
        return by_inputs, {name: found[name] for name in self.names if name in found}

    def push(self, parameters: Parameters | None = None, inputs: Array | None = None) -> Array:
        """Return the change of the outputs, (N, K, *O), to first order, as parameters and inputs change.

        Args:
            parameters: changes (K, *theta) in the structure of the parameters, the same for every example; None for
                none.
            inputs: changes (N, K, *A); None for none.

        Raises:
            ValueError: if nothing changes.
        """
        columns = inputs
        for name, layer in zip(self.names, self.layers, strict=True):
            columns = None if columns is None else layer["inputs"].push(columns)
            for parameter, jacobian in [] if parameters is None else _of_parameters(layer):
                pushed = jacobian.push(parameters[name][parameter][None])  # type: ignore[index]
                columns = pushed if columns is None else columns + pushed
        if columns is None:
            raise ValueError("`push` needs changes of parameters, of inputs or of both; got neither.")
        return jnp.broadcast_to(columns, (self.outputs.shape[0], *columns.shape[1:]))

    def parameter_factors(self, rows: Array) -> dict[str, dict[str, tuple[Jacobian, Array]]]:
        """Return, per parameter, its layer's Jacobian T_l and the rows R_l above it: R dx_L / d theta, in factors."""
        found: dict[str, dict[str, tuple[Jacobian, Array]]] = {}
        for name, layer, above in self._descent(rows):
            for parameter, jacobian in _of_parameters(layer):
                found.setdefault(name, {})[parameter] = (jacobian, above)
        return {name: found[name] for name in self.names if name in found}

    def _descent(self, rows: Array) -> Iterator[tuple[str, dict[str, Jacobian], Array]]:
        """Yield (name, layer, R_l), last layer to first."""
        for name, layer in zip(reversed(self.names), reversed(self.layers), strict=True):
            yield name, layer, rows
            rows = layer["inputs"].pull(rows)

    @property
    def _identity(self) -> Array:
        count = math.prod(self.outputs.shape[1:])
        return jnp.eye(count, dtype=self.outputs.dtype).reshape(1, count, *self.outputs.shape[1:])

    def _unfolded(self, rows: Array, argument: Shape) -> Array:
        count = self.outputs.shape[0]
        every = jnp.broadcast_to(rows, (count, *rows.shape[1:]))
        return every.reshape(count, *self.outputs.shape[1:], *argument)


def linearised(network: Network, params: Parameters, inputs: Any) -> Linearised:
    """Return the network at `inputs`, with the Jacobians of all layers in factors.

    Args:
        network: the network; for the Jacobian of its logits, `network.without_softmax()`.
        params: its parameters.
        inputs: (N, ...), floating point, of the dtype of the parameters.

    Raises:
        TypeError: if the inputs are not floating point or a parameter has another dtype.
        ValueError: if shapes or names do not fit, the batch is empty, or an input is NaN.
    """
    values = check_images("inputs", inputs)
    check_params(network, params, values)
    layers, shape = [], values.shape
    for name, layer in network.named_layers():
        own = arguments(layer, name, params)
        layers.append(layer_jacobians(layer, values, *own))
        values = _outputs(layer, layers[-1], values, own)
    return Linearised(values, tuple(layers), tuple(name for name, _ in network.named_layers()), shape)


def _of_parameters(layer: dict[str, Jacobian]) -> list[tuple[str, Jacobian]]:
    return [(name, jacobian) for name, jacobian in layer.items() if name != "inputs"]


def _outputs(layer: Layer, jacobians: dict[str, Jacobian], values: Array, own: tuple[Array, ...]) -> Array:
    """The layer's outputs; a convolution is its own Jacobian, with the bias added, and that may be the faster way."""
    if isinstance(layer, Conv):
        bias = own[1].reshape(1, 1, 1, -1)
        return jacobians["inputs"].push(values[:, None])[:, 0] + bias
    return RULES[layer.op].primal(values, *own, **layer.options())
