"""What comes out of each layer: activation maps of convolutions and poolings, features of dense layers."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcnn._checks import check_images, check_params
from jaxcnn._types import Array, Parameters
from jaxcnn.apply import arguments
from jaxcnn.network import Network
from jaxcnn.rules import RULES

_AT_ONCE = 256  # images; bounds the memory for any number of them


def activations(
    network: Network, params: Parameters, inputs: Any, layers: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the outputs of layers, by name, first to last.

    Args:
        network: the network.
        params: its parameters.
        inputs: (N, H, W, C) or (N, features), floating point.
        layers: names such as "relu_0", as in `network.named_layers()`; None for all.

    Returns:
        (N, ...) for each layer.

    Raises:
        ValueError: if there is no layer of a name, or shapes do not fit.
        TypeError: if the inputs are not floating point, or of another dtype than the parameters.
    """
    inputs = check_images("inputs", inputs)
    check_params(network, params, inputs)
    names = [name for name, _ in network.named_layers()]
    if unknown := [name for name in layers or () if name not in names]:
        raise ValueError(f"`layers` must name layers of the network, {', '.join(names)}; got {unknown[0]!r}.")
    wanted = tuple(name for name in names if layers is None or name in layers)
    # One program for any number of images: parts of one size, the last one filled up with zeros.
    size = min(_AT_ONCE, len(inputs))
    parts: list[dict[str, np.ndarray]] = []
    for start in range(0, len(inputs), size):
        part = inputs[start : start + size]
        full = jnp.pad(part, [(0, size - len(part)), *[(0, 0)] * (part.ndim - 1)])
        outputs = _outputs(network, wanted, params, full)
        parts.append({name: np.asarray(outputs[name])[: len(part)] for name in wanted})
    return {name: np.concatenate([part[name] for part in parts]) for name in wanted}


@partial(jax.jit, static_argnums=(0, 1))
def _outputs(network: Network, wanted: tuple[str, ...], params: Parameters, inputs: Array) -> dict[str, Array]:
    values, found = inputs, {}
    for name, layer in network.named_layers():
        values = RULES[layer.op].primal(values, *arguments(layer, name, params), **layer.options())
        if name in wanted:
            found[name] = values
    return found
